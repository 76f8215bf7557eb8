import Foundation
package import Logging
package import Mail
import Postgres
import ServiceLifecycle

/// Sends the link for a new password to whoever has an account with an address, and to nobody else.
///
/// The page only puts the address into this queue, so that neither its answer nor its time tells whether there is an
/// account. What waits is kept in memory: after a crash the person asks again.
package final class ResetMailer: Service {
    private let accounts: AccountStore
    private let mailer: Mailer
    private let site: String
    private let logger: Logger
    private let requests: AsyncStream<String>
    private let queue: AsyncStream<String>.Continuation

    /// Messages that may wait; past it, further ones are dropped.
    package static let capacity = 200
    /// Seconds between two messages to one account.
    package static let interval = 300

    package init(accounts: AccountStore, mailer: Mailer, site: String, logger: Logger) {
        self.accounts = accounts
        self.mailer = mailer
        self.site = site
        self.logger = logger
        (requests, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
    }

    /// Takes an address; what becomes of it, nobody is told.
    package func ask(_ email: String) {
        if case .dropped = queue.yield(email) { logger.warning("Too many messages wait; one is dropped") }
    }

    package func run() async throws {
        for await email in requests.cancelOnGracefulShutdown() {
            do {
                try await send(to: email)
            } catch {
                logger.error(
                    "The link for a new password could not be sent",
                    metadata: ["error": "\(String(reflecting: error))"])
            }
        }
    }

    /// Sends the link, if the address has an account and was sent none just now.
    package func send(to email: String) async throws {
        guard AccountDetails.problem(withEmail: email) == nil, let user = try await accounts.user(email: email),
            let token = try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: Self.interval)
        else { return }
        try await mailer.send(
            MailMessage(
                to: user.email, subject: "A new password for Mien",
                text: """
                    Hello \(user.name),

                    somebody, most likely you, asked for a new password on \(site).
                    This link sets one. It works once, for a day:

                    \(site)/reset?token=\(token)

                    If it was not you, ignore this message: nothing has changed.

                    """))
        logger.info("The link for a new password is sent", metadata: ["user.id": "\(user.id)"])
    }
}
