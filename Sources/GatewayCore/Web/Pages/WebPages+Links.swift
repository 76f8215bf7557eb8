import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Passwords

/// Pages behind one-time links. The link's secret travels in the query, which no log of ours holds, and no page that it
/// leads to loads anything from elsewhere.
extension WebPages {
    struct ResetForm: CSRFForm {
        let csrf_token: String?
        let token: String?
        let password: String?
        let keep_tokens: String?
    }

    struct SetupForm: CSRFForm {
        let csrf_token: String?
        let token: String?
        let name: String?
        let email: String?
        let password: String?
        let zone: String?
    }

    func addLinkRoutes(to router: Router<GatewayContext>) {
        router.get("/reset") { request, context in
            let token = request.query["token"] ?? ""
            guard let user = try await accounts.user(resetToken: token) else { throw RequestFailure.linkExpired }
            return resetPage(user, token, context)
        }
        router.post("/reset") { request, context in
            try await reset(form(ResetForm.self, request, context), context)
        }
        router.get("/setup") { request, context in
            let token = request.query["token"] ?? ""
            guard try await accounts.isFirstAdministratorToken(token) else { throw RequestFailure.linkExpired }
            return setupPage(token, RegisterModel(site: setupSite(context)), context)
        }
        router.post("/setup") { request, context in
            try await setUp(form(SetupForm.self, request, context), request, context)
        }
    }

    private func reset(_ form: ResetForm, _ context: GatewayContext) async throws -> Response {
        let token = form.token ?? ""
        guard let user = try await accounts.user(resetToken: token) else { throw RequestFailure.linkExpired }
        do {
            let changed = try await accounts.resetPassword(
                form.password ?? "", token: token, keepingTokens: form.keep_tokens != nil)
            guard changed != nil else { throw RequestFailure.linkExpired }
        } catch let errors as AccountErrors {
            return resetPage(user, token, context, errors: errors.errors, status: .unprocessableContent)
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
        try await services.audit.record(.passwordReset, by: nil, to: user.id, context)
        let model = MessageModel(
            site: site("Your password is changed", .elsewhere, context), title: "Your password is changed",
            message: "All sessions are ended. Log in with the new password.", link: "/login", linkText: "Log in")
        return page(.message, model, context)
    }

    private func resetPage(
        _ user: User, _ token: String, _ context: GatewayContext, errors: [AccountError] = [],
        status: HTTPResponse.Status = .ok
    ) -> Response {
        let model = ResetModel(
            site: site("Choose a new password", .elsewhere, context, script: "enter.js"), token: token,
            email: user.email, passwordError: errors.message("password"))
        return page(.reset, model, context, status: status)
    }

    private func setUp(_ form: SetupForm, _ request: Request, _ context: GatewayContext) async throws -> Response {
        let (token, name, email) = (form.token ?? "", form.name ?? "", form.email ?? "")
        do {
            let made = try await accounts.registerFirstAdministrator(
                name: name, email: email, password: form.password ?? "", timeZone: form.zone, token: token)
            guard let user = made else { throw RequestFailure.linkExpired }
            try await services.audit.record(.firstAdministrator, by: user.id, context)
            context.logger.notice("The first administrator's account is made", metadata: ["user.id": "\(user.id)"])
            return try await logIn(user, next: LocalPath.home, request, context)
        } catch let errors as AccountErrors {
            let model = RegisterModel(site: setupSite(context), name: name, email: email, errors: errors)
            return setupPage(token, model, context, status: .unprocessableContent)
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
    }

    private func setupSite(_ context: GatewayContext) -> Site {
        site("Set up Mien", .elsewhere, context, script: "enter.js")
    }

    private func setupPage(
        _ token: String, _ form: RegisterModel, _ context: GatewayContext, status: HTTPResponse.Status = .ok
    ) -> Response {
        page(.setup, SetupModel(site: form.site, token: token, form: form), context, status: status)
    }
}
