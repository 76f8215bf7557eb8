import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Passwords

/// The page behind a one-time link that sets a new password. The link's secret travels in the query, which no log of ours
/// holds, and the page loads nothing from elsewhere.
struct ResetPage: Page {
    let frame: PageFrame
    let accounts: AccountStore
    let audit: AuditLog
    let ways: LogInWays

    struct ResetForm: CSRFForm {
        static let isForAnybody = true
        let csrf_token: String?
        let token: String?
        let password: String?
        let keep_tokens: String?
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/reset") { request, context in
            let token = request.query["token"] ?? ""
            guard ways.takesPasswords else { throw RequestFailure.passwordsOff }
            guard let user = try await accounts.user(resetToken: token) else { throw RequestFailure.linkExpired }
            return resetPage(user, token, context)
        }
        router.post("/reset") { request, context in
            guard ways.takesPasswords else { throw RequestFailure.passwordsOff }
            return try await reset(frame.form(ResetForm.self, request, context), context)
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
        await audit.record(.passwordReset, by: nil, to: user.id, context)
        if !user.issuers.isEmpty {
            await audit.record(.identityDisconnected, by: nil, to: user.id, detail: "password_reset", context)
        }
        let again = provider(of: user).map {
            " It is not connected with \($0) any more: do that under Account, Security."
        }
        let model = MessageModel(
            site: frame.site("Your password is changed", .elsewhere, context), title: "Your password is changed",
            message: "All sessions are ended. Log in with the new password.\(again ?? "")", link: "/login",
            linkText: "Log in")
        return frame.page(.message, model, context)
    }

    /// With whom the account is connected.
    private func provider(of user: User) -> String? { ways.opens(user) ? ways.provider : nil }

    private func resetPage(
        _ user: User, _ token: String, _ context: GatewayContext, errors: [AccountError] = [],
        status: HTTPResponse.Status = .ok
    ) -> Response {
        let model = ResetModel(
            site: frame.site("Choose a new password", .elsewhere, context, script: "enter.js"), token: token,
            email: user.email, passwordError: errors.message("password"), provider: provider(of: user))
        return frame.page(.reset, model, context, status: status)
    }
}
