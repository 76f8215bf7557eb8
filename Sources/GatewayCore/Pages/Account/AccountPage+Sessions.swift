import Accounts
import Foundation
import HTTPTypes
import Hummingbird

extension AccountPage {
    func addSessions(to router: Router<GatewayContext>) {
        router.post("/account/sessions/:id/end", use: endSession)
        router.post("/account/sessions/end-others", use: endOtherSessions)
    }

    @Sendable private func endSession(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.person(request, context)
        _ = try await frame.form(EmptyForm.self, request, context)
        guard let id = context.parameters.get("id", as: UUID.self),
            try await accounts.endSession(id, of: user.id)
        else { throw RequestFailure.notFound }
        await audit.record(.sessionEnded, by: user.id, context)
        return Response.redirect(to: "/account/security?done=session", type: .normal)
    }

    @Sendable private func endOtherSessions(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.person(request, context)
        _ = try await frame.form(EmptyForm.self, request, context)
        // An API token is no session: with it, all of them are the others.
        try await accounts.endOtherSessions(of: user.id, keeping: context.sessionToken ?? "")
        await audit.record(.otherSessionsEnded, by: user.id, context)
        return Response.redirect(to: "/account/security?done=sessions", type: .normal)
    }
}
