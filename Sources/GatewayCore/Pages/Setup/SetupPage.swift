import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Passwords

/// The page behind the one-time link with which the first administrator's account is made.
struct SetupPage: Page {
    let frame: PageFrame
    let accounts: AccountStore
    let audit: AuditLog
    let signIn: SignIn

    struct SetupForm: CSRFForm {
        static let isForAnybody = true
        let csrf_token: String?
        let token: String?
        let name: String?
        let email: String?
        let password: String?
        let zone: String?
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/setup") { request, context in
            let token = request.query["token"] ?? ""
            guard try await accounts.isFirstAdministratorToken(token) else { throw try await refusal() }
            return setupPage(token, RegisterModel(site: setupSite(context)), context)
        }
        router.post("/setup") { request, context in
            try await setUp(frame.form(SetupForm.self, request, context), request, context)
        }
    }

    private func setUp(_ form: SetupForm, _ request: Request, _ context: GatewayContext) async throws -> Response {
        let (token, name, email) = (form.token ?? "", form.name ?? "", form.email ?? "")
        do {
            let made = try await accounts.registerFirstAdministrator(
                name: name, email: email, password: form.password ?? "", timeZone: form.zone, token: token)
            guard let user = made else { throw try await refusal() }
            await audit.record(.firstAdministrator, by: user.id, context)
            context.logger.notice(
                "The first administrator's account is made", metadata: ["user.id": "\(user.id.uuidString.lowercased())"]
            )
            return try await signIn.start(user, next: LocalPath.home, request, context)
        } catch let errors as AccountErrors {
            let model = RegisterModel(site: setupSite(context), name: name, email: email, errors: errors)
            return setupPage(token, model, context, status: .unprocessableContent)
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
    }

    /// Why a link does not work, and what to do.
    private func refusal() async throws -> RequestFailure {
        try await accounts.hasAdministrator() ? .setupDone : .setupExpired
    }

    private func setupSite(_ context: GatewayContext) -> Site {
        frame.site("Set up Mien", .elsewhere, context, script: "enter.js")
    }

    private func setupPage(
        _ token: String, _ form: RegisterModel, _ context: GatewayContext, status: HTTPResponse.Status = .ok
    ) -> Response {
        frame.page(.setup, SetupModel(site: form.site, token: token, form: form), context, status: status)
    }
}
