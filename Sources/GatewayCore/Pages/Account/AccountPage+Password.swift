import Accounts
import Foundation
import Hummingbird
import Passwords

extension AccountPage {
    struct PasswordForm: AskingForm {
        let csrf_token: String?
        let current: String?
        let code: String?
        let password: String?
        let keep_tokens: String?
    }

    func addPassword(to router: Router<GatewayContext>) {
        router.post("/account/password") { request, context in
            let user = try frame.person(request, context)
            return try await changePassword(of: user, frame.form(PasswordForm.self, request, context), context)
        }
    }

    private func changePassword(
        of user: User, _ form: PasswordForm, _ context: GatewayContext
    ) async throws -> Response {
        guard signIn.ways.takesPasswords else { throw RequestFailure.passwordsOff }
        let renewed: String?
        let keepsTokens = form.keep_tokens != nil
        do {
            try await signIn.askAgain(form, of: user, always: true, missing: .currentPasswordEmpty, context)
            renewed = try await accounts.setPassword(
                form.password ?? "", of: user, keepingTokens: keepsTokens,
                renewing: context.sessionToken ?? "")
        } catch let errors as AccountErrors {
            return try await security(user, context, password: errors.errors, status: .unprocessableContent)
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
        // The session has ended while the passwords were looked at: whoever changed the password was quicker.
        guard let renewed else { throw LoginRedirect(target: AccountTabs.security, isUnsaved: true) }
        await audit.record(.passwordChanged, by: user.id, context)
        var response = Response.redirect(
            to: "/account/security?done=\(keepsTokens ? "password" : "password-tokens")", type: .normal)
        signIn.setSession(renewed, &response, context)
        return response
    }
}
