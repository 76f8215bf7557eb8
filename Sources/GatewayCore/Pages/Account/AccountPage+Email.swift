import Accounts
import Foundation
import Hummingbird

/// The address that waits for its confirmation.
extension AccountPage {
    func addEmail(to router: Router<GatewayContext>) {
        router.post("/account/email/send") { request, context in
            let user = try frame.person(request, context)
            _ = try await frame.form(EmptyForm.self, request, context)
            guard let mailer else { throw RequestFailure.notFound }
            guard let email = user.unconfirmedEmail else { return Response.redirect(to: "/account", type: .normal) }
            guard
                try await !accounts.isConfirmationSent(to: email, of: user.id, within: AccountMailer.interval)
            else { return Response.redirect(to: "/account?done=email-recent", type: .normal) }
            try slowDown(user, context)
            mailer.confirm(email, of: user.id)
            return Response.redirect(to: "/account?done=email-sent", type: .normal)
        }
        router.post("/account/email/keep") { request, context in
            let user = try frame.person(request, context)
            _ = try await frame.form(EmptyForm.self, request, context)
            guard try await accounts.keepAddress(of: user.id) else {
                return Response.redirect(to: "/account", type: .normal)
            }
            await audit.record(.emailKept, by: user.id, context)
            return Response.redirect(to: "/account?done=email-kept", type: .normal)
        }
    }

    /// What the account's pages tell of an address that waits.
    func waiting(of user: User) -> WaitingAddress? {
        mailer == nil ? nil : WaitingAddress(user)
    }

    /// Counts a link that is to be sent, for where the request comes from and for the account.
    func slowDown(_ user: User, _ context: GatewayContext) throws {
        for place in [context.remoteAddress, user.id.uuidString] {
            if let seconds = letters.attempt(from: place) { throw RequestFailure.tooManyRequests(retryAfter: seconds) }
        }
    }
}
