import Accounts
import Foundation
import Hummingbird
import Passwords

extension WebPages {
    struct ProfileForm: CSRFForm {
        let csrf_token: String?
        let name: String?
        let email: String?
        let zone: String?
        let current: String?
    }

    struct PasswordForm: CSRFForm {
        let csrf_token: String?
        let current: String?
        let password: String?
        let keep_tokens: String?
    }

    func addAccountForms(to router: Router<GatewayContext>) {
        router.post("/account/profile") { request, context in
            let user = try person(request, context)
            return try await change(user, form(ProfileForm.self, request, context), context)
        }
        router.post("/account/password") { request, context in
            let user = try person(request, context)
            return try await changePassword(of: user, form(PasswordForm.self, request, context), context)
        }
    }

    private func change(_ user: User, _ form: ProfileForm, _ context: GatewayContext) async throws -> Response {
        let profile = ProfileChange(
            name: form.name ?? user.name, email: form.email ?? user.email, timeZone: form.zone ?? user.timeZone)
        do {
            // Whoever finds a browser open must not take the account over by its address.
            if profile.email != user.email {
                let current = form.current ?? ""
                if current.isEmpty {
                    throw AccountErrors(errors: profile.problems + [.currentPasswordMissing])
                }
                try await confirm(current, of: user, context)
            }
            try await accounts.change(user, to: profile)
        } catch let errors as AccountErrors {
            return try await accountPage(
                user, context, profile: ProfileFields(profile, errors: errors.errors), status: .unprocessableContent)
        }
        try await services.audit.record(
            .profileChanged, by: user.id, detail: profile.email == user.email ? "" : "the e-mail address too", context)
        var response = Response.redirect(to: "/account?done=profile", type: .normal)
        if profile.email != user.email, let token = context.sessionToken,
            let renewed = try await accounts.renewSession(token)
        {
            setSession(renewed, &response, context)
        }
        return response
    }

    private func changePassword(
        of user: User, _ form: PasswordForm, _ context: GatewayContext
    ) async throws -> Response {
        let renewed: String
        do {
            try await confirm(form.current ?? "", of: user, context)
            renewed = try await accounts.setPassword(
                form.password ?? "", of: user, keepingTokens: form.keep_tokens != nil,
                renewing: context.sessionToken ?? "")
        } catch let errors as AccountErrors {
            return try await accountPage(
                user, context, password: PasswordFields(errors: errors.errors), status: .unprocessableContent)
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
        try await services.audit.record(.passwordChanged, by: user.id, context)
        var response = Response.redirect(to: "/account?done=password#password", type: .normal)
        if context.sessionToken != nil { setSession(renewed, &response, context) }
        return response
    }

    private func setSession(_ token: String, _ response: inout Response, _ context: GatewayContext) {
        response.setCookie(BrowserCookies.session(token, secure: context.browser.usesSecureCookies))
    }

    /// Asks for the password once more, as slowly for who guesses as the log-in.
    /// - Throws: ``AccountErrors`` when it is another.
    func confirm(_ password: String, of user: User, _ context: GatewayContext) async throws {
        let account = "confirm \(user.id)"
        let verdict = throttle.verdict(address: context.remoteAddress, account: account)
        if let seconds = verdict.refusedFor { throw RequestFailure.tooManyRequests(retryAfter: seconds) }
        guard try await gate.delay(verdict.delay) else { throw RequestFailure.tooManyRequests(retryAfter: 10) }
        do {
            guard try await accounts.isPassword(password, of: user.id) else {
                throttle.recordFailure(address: context.remoteAddress, account: account)
                throw AccountErrors(errors: [.currentPasswordWrong])
            }
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
        throttle.recordSuccess(account: account)
    }
}
