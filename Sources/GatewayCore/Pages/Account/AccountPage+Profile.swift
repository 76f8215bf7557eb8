import Accounts
import Foundation
import Hummingbird

extension AccountPage {
    struct ProfileForm: AskingForm {
        let csrf_token: String?
        let name: String?
        let email: String?
        let zone: String?
        let theme: String?
        let current: String?
        let code: String?
    }

    func addProfile(to router: Router<GatewayContext>) {
        router.post("/account/profile") { request, context in
            let user = try frame.person(request, context)
            return try await change(user, frame.form(ProfileForm.self, request, context), context)
        }
    }

    private func change(_ user: User, _ form: ProfileForm, _ context: GatewayContext) async throws -> Response {
        let profile = ProfileChange(
            name: form.name ?? user.name, email: form.email ?? user.email, timeZone: form.zone ?? user.timeZone,
            theme: form.theme.map(Theme.init(rawValue:)) ?? user.theme)
        do {
            // Whoever finds a browser open must not take the account over by its address.
            if profile.email != user.email {
                if try await asked(of: user, context).password, form.current?.isEmpty != false {
                    throw AccountErrors(errors: profile.problems + [.currentPasswordMissing])
                }
                try await signIn.askAgain(form, of: user, always: true, context)
                // The link may be sent to a stranger.
                if mailer != nil, profile.problems.isEmpty { try slowDown(user, context) }
            }
            try await accounts.change(user, to: profile, confirming: mailer != nil)
        } catch let errors as AccountErrors {
            var model = AccountModel(
                site: site("Account", context), change: profile, asked: try await asked(of: user, context),
                errors: errors.errors)
            model.tabs.waiting = waiting(of: user)
            return frame.page(.account, model, context, status: .unprocessableContent)
        }
        await audit.record(
            .profileChanged, by: user.id,
            detail: profile.email == user.email || mailer != nil ? "" : "the e-mail address too", context)
        var done = "profile"
        if profile.email != user.email, let mailer {
            done = "email-asked"
            await audit.record(.emailChangeAsked, by: user.id, context)
            mailer.confirm(profile.email, of: user.id)
            mailer.tellOfChange(user)
        }
        var response = Response.redirect(to: "/account?done=\(done)", type: .normal)
        response.setCookie(BrowserCookies.theme(profile.theme ?? .system, secure: context.browser.usesSecureCookies))
        if profile.email != user.email, let token = context.sessionToken,
            let renewed = try await accounts.renewSession(token)
        {
            signIn.setSession(renewed, &response, context)
        }
        return response
    }
}
