import Analyses
import Foundation
package import Logging
package import Mail
package import Postgres
import ServiceLifecycle
import ServiceSupport

/// Tells owners by mail that an endpoint of theirs was switched off; the account page says it as well.
package struct WebhookMailer: Service {
    package let database: ConnectionPool
    package let mailer: Mailer
    package let site: String
    package let logger: Logger

    package init(database: ConnectionPool, mailer: Mailer, site: String, logger: Logger) {
        self.database = database
        self.mailer = mailer
        self.site = site
        self.logger = logger
    }

    package func run() async throws {
        var failures = FailureLog(logger: logger, message: "Owners of webhooks could not be told; it is tried again")
        for await _ in Ticker.stream(every: .seconds(60)).cancelOnGracefulShutdown() {
            do {
                try await tell()
                failures.succeeded()
            } catch {
                failures.failed(error)
            }
        }
    }

    /// Tells all who are to be told. One whose address takes no mail keeps it from nobody else.
    ///
    /// - Throws: the first failure, once all others are told.
    func tell() async throws {
        var failed: [UUID] = []
        var failure: (any Error)?
        while let notice = try await next(without: failed) {
            do {
                try await send(notice)
            } catch {
                failed.append(notice.endpoint)
                failure = failure ?? error
                // The server itself may be away: it is not asked for each.
                if failed.count == Self.mostFailures { break }
            }
        }
        if let failure { throw failure }
    }

    /// After so many in one round the server is left in peace.
    static let mostFailures = 20

    struct Notice: Sendable {
        let endpoint: UUID
        let message: MailMessage
    }

    /// The next owner who is to be told; marked as told, so that of several gateways one does it.
    ///
    /// - Parameter failed: endpoints whose owners could not be told just now.
    func next(without failed: [UUID] = []) async throws -> Notice? {
        let row = try await database.first(
            """
            UPDATE webhook_endpoints e SET told_at = now() FROM users u
            WHERE u.id = e.user_id AND e.id = (
                SELECT id FROM webhook_endpoints
                WHERE disabled_at IS NOT NULL AND told_at IS NULL AND disabled_reason <> 'owner'
                  AND id <> ALL(\(failed))
                ORDER BY disabled_at LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING e.id, e.url, e.disabled_reason, u.name, u.email
            """)
        guard let (id, url, reason, name, email) = try row?.decode((UUID, String, String, String, String).self) else {
            return nil
        }
        let why =
            reason == WebhookEndpoint.Reason.gone.rawValue
            ? "It answered that it is gone (410)." : "It took no message for \(RetrySchedule.failingDays) days."
        return Notice(
            endpoint: id,
            message: try MailMessage(
                to: email, subject: "A webhook is switched off",
                text: """
                    Hello \(name),

                    Mien sends nothing more to this address:

                    \(url)

                    \(why) Once it works again, switch it on:

                    \(site)/account/webhooks/\(id.lower)

                    """))
    }

    private func send(_ notice: Notice) async throws {
        do {
            try await mailer.send(notice.message)
        } catch {
            try await database.execute("UPDATE webhook_endpoints SET told_at = NULL WHERE id = \(notice.endpoint)")
            throw error
        }
    }
}
