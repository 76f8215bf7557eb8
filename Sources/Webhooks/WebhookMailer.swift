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
        // A letter under way ends with it, at once, since others end after it and have little time: who was not told is told after
        // the next start.
        await cancelWhenGracefulShutdown {
            var failures = FailureLog(
                logger: logger, message: "Owners of webhooks could not be told; it is tried again")
            for await _ in Ticker.stream(every: .seconds(60)) {
                do {
                    try await tell()
                    failures.succeeded()
                } catch {
                    guard !Task.isCancelled else { return }
                    failures.failed(error)
                }
            }
        }
    }

    /// Tells all who are to be told. One whose address takes no mail keeps it from nobody else.
    ///
    /// - Throws: the first failure, once all others are told; at once when the task is cancelled.
    func tell() async throws {
        var failures = 0
        var failure: (any Error)?
        while let notice = try await next() {
            do {
                try await mailer.send(notice.message)
                // Also where the gateway has begun to stop: they would be told once more.
                try await Task { try await isTold(notice.endpoint) }.value
            } catch {
                if Task.isCancelled {
                    try await Task { try await giveBack(notice.endpoint) }.value
                    throw error
                }
                failures += 1
                failure = failure ?? error
                // The server itself may be away: it is not asked for each.
                if failures == Self.mostFailures { break }
            }
        }
        if let failure { throw failure }
    }

    /// After so many in one round the server is left in peace.
    static let mostFailures = 20
    /// Minutes until the second attempt; each further one takes twice as long.
    static let firstDelay = 10.0
    /// Attempts, within three and a half days, after which the owner is told by the page alone.
    static let tries = 10

    struct Notice: Sendable {
        let endpoint: UUID
        let message: MailMessage
    }

    /// The next owner who is to be told; put off, so that of several gateways one does it, and those that cannot be told stand
    /// behind all others.
    ///
    /// Only who confirmed their address: URL and name are of the owner's choosing, and the address may be a stranger's. And once
    /// a day at most of one endpoint, however often it is switched on meanwhile.
    func next() async throws -> Notice? {
        let row = try await database.first(
            """
            UPDATE webhook_endpoints e SET
                tell_tries = CASE WHEN e.tell_tries + 1 < \(Self.tries) THEN e.tell_tries + 1 ELSE 0 END,
                tell_after = now() + make_interval(mins => 1) * \(Self.firstDelay) * power(2, e.tell_tries),
                told_at = CASE WHEN e.tell_tries + 1 < \(Self.tries) THEN e.told_at ELSE now() END
            FROM users u
            WHERE u.id = e.user_id AND e.id = (
                SELECT w.id FROM webhook_endpoints w JOIN users o ON o.id = w.user_id
                WHERE w.disabled_at IS NOT NULL AND (w.told_at IS NULL OR w.told_at < w.disabled_at)
                  AND (w.tell_after IS NULL OR w.tell_after <= now()) AND w.disabled_reason <> 'owner'
                  AND o.email_confirmed_at IS NOT NULL AND o.disabled_at IS NULL
                ORDER BY w.tell_after NULLS FIRST, w.disabled_at LIMIT 1 FOR UPDATE OF w SKIP LOCKED)
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

    /// What ``next()`` has counted was no attempt: the gateway stops. After the last one, `tell_tries` is zero and the owner counts as told.
    private func giveBack(_ endpoint: UUID) async throws {
        try await database.execute(
            """
            UPDATE webhook_endpoints SET
                told_at = CASE WHEN tell_tries > 0 THEN told_at END,
                tell_tries = CASE WHEN tell_tries > 0 THEN tell_tries - 1 ELSE \(Self.tries - 1) END,
                tell_after = now()
            WHERE id = \(endpoint)
            """)
    }

    private func isTold(_ endpoint: UUID) async throws {
        try await database.execute(
            """
            UPDATE webhook_endpoints SET told_at = now(), tell_tries = 0, tell_after = now() + interval '24 hours'
            WHERE id = \(endpoint)
            """)
    }
}
