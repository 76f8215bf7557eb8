import Accounts
import Foundation
import Hummingbird
import Operations

extension AccountPage {
    struct TokenForm: AskingForm {
        let csrf_token: String?
        let label: String?
        let days: String?
        let networks: String?
        let read_analyses: String?
        let write_analyses: String?
        let webhooks: String?
        let account: String?
        let read_operations: String?
        let write_operations: String?
        let current: String?
        let code: String?

        /// What is ticked.
        var scopes: [TokenScope] {
            let boxes: [(String?, TokenScope)] = [
                (read_analyses, .readAnalyses), (write_analyses, .writeAnalyses), (webhooks, .webhooks),
                (account, .account),
                (read_operations, .readOperations), (write_operations, .writeOperations),
            ]
            return boxes.filter { $0.0 != nil }.map(\.1)
        }
    }

    func addTokens(to router: Router<GatewayContext>) {
        router.post("/account/tokens") { request, context in
            let user = try frame.person(request, context)
            return try await makeToken(for: user, frame.form(TokenForm.self, request, context), request, context)
        }
        router.post("/account/tokens/:id/end") { request, context in
            let user = try frame.person(request, context)
            _ = try await frame.form(EmptyForm.self, request, context)
            try await endToken(context, of: user)
            return Response.redirect(to: "/account/programs?done=token", type: .normal)
        }
    }

    /// Ends the token that the path names.
    private func endToken(_ context: GatewayContext, of user: User) async throws {
        guard let id = context.parameters.get("id", as: UUID.self),
            try await accounts.revokeToken(id, of: user.id)
        else { throw RequestFailure.notFound }
        await audit.record(.tokenEnded, by: user.id, detail: id.uuidString.lowercased(), context)
    }

    /// The answer is the page itself, since the token's text can be shown only once.
    private func makeToken(
        for user: User, _ form: TokenForm, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let asked: TokenRequest
        do {
            asked = try TokenRequest.check(
                label: form.label ?? "", scopes: form.scopes.map(\.rawValue), days: form.days ?? "",
                networks: form.networks ?? "")
            // What a token opens stays open after the log-in of whoever made it has ended.
            try await signIn.askAgain(form, of: user, context)
        } catch let errors as AccountErrors {
            let fields = TokenFields(
                isAdmin: user.isAdmin, asked: try await signIn.asked(of: user, context), label: form.label ?? "",
                chosen: Set(form.scopes.map(\.rawValue)),
                days: form.days ?? "", networks: form.networks ?? "", errors: errors.errors)
            return try await programs(
                user, context, token: fields, problems: errors.errors.problems(TokenFields.ids),
                status: .unprocessableContent)
        }
        let (token, text) = try await accounts.makeToken(for: user.id, asked)
        await audit.record(
            .tokenMade, by: user.id, detail: asked.scopes.map(\.rawValue).sorted().joined(separator: " "), context)
        let made = MadeToken(label: token.label, text: text, site: configuration.address(request, context))
        return try await programs(user, context, made: made)
    }
}
