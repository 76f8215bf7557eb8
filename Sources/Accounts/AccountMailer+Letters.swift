import Foundation
import Logging
import Mail

extension AccountMailer {
    /// Sends the link for a new password, if the address has an account and was sent none just now.
    func sendReset(to email: String) async throws {
        guard AccountDetails.problem(withEmail: email) == nil, let user = try await accounts.user(email: email),
            let token = try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: Self.interval)
        else { return }
        try await send(
            MailMessage(
                to: user.email, subject: "A new password for Mien",
                text: """
                    \(Self.greeting(user))

                    somebody, most likely you, asked for a new password on \(site).
                    This link sets one. It works once, for a day:

                    \(site)/reset?token=\(token)

                    If it was not you, ignore this message: nothing has changed.

                    """), with: token)
        logger.info("The link for a new password is sent", metadata: ["user.id": "\(user.id.uuidString.lowercased())"])
    }

    /// How a letter begins. Not by the name until the address is confirmed: it may be a stranger's, and the name anything.
    private static func greeting(_ user: User) -> String { user.isEmailConfirmed ? "Hello \(user.name)," : "Hello," }

    /// Sends a link. The next who asks is sent another at once, where it may not be on its way.
    private func send(_ message: MailMessage, with token: String) async throws {
        do {
            try await mailer.send(message)
        } catch {
            // Also where the letter was broken off, with the task that sends it.
            try await Task { [accounts] in try await accounts.passOverLink(token) }.value
            throw error
        }
    }

    /// Sends the link that confirms an address, if that is waited for and it was sent none just now.
    func sendConfirmation(to email: String, of userID: UUID) async throws {
        guard
            let token = try await accounts.makeConfirmationToken(for: userID, at: email, notWithin: Self.interval)
        else { return }
        try await send(
            MailMessage(
                to: email, subject: "Confirm your address for Mien",
                text: """
                    Hello,

                    somebody, most likely you, gave this address for an account on \(site).
                    This link confirms it. It works once, for a day:

                    \(site)/confirm?token=\(token)

                    If it was not you, ignore this message.

                    """), with: token)
        logger.info(
            "The link that confirms an address is sent", metadata: ["user.id": "\(userID.uuidString.lowercased())"])
    }

    /// Tells an account's address that another is asked for.
    func sendNotice(to user: User) async throws {
        try await mailer.send(
            MailMessage(
                to: user.email, subject: "Your address for Mien is to change",
                text: """
                    \(Self.greeting(user))

                    somebody, most likely you, asks to change the e-mail address of your account on \(site).
                    Until the new one is confirmed, this one opens the account as before.

                    If it was not you, somebody else gets into your account. Look there; a new password ends the change too:

                    \(site)/account/security

                    """))
        logger.info("An account's address is told of its change")
    }
}
