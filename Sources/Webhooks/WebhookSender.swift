// Webhooks: tells programs by HTTP that analyses and batches have ended (Standard Webhooks 1.0). The messages are written with
// the change that they tell of; this room sends them, and never to an address that is near.

import Analyses
import Contracts
package import Foundation
package import Logging
import Metrics
package import Postgres
import ServiceLifecycle
import ServiceSupport
import Transfers

/// Sends the messages that wait, at least once each.
///
/// An endpoint is taken, by a lease that is committed; whoever holds it sends one message after the other, those first that are
/// due first. So one message at a time is under way to an endpoint, and several gateways share the work. Endpoints take turns,
/// and a person has few at once, so that slow ones hold up no other. A gateway that is killed leaves a lease, after whose end (or its own restart) another goes on; a message whose answer
/// was not recorded is sent again under its id.
package struct WebhookSender: Service {
    package let database: ConnectionPool
    package let allowed: WebhookTarget.AllowedHosts
    /// A PEM file of the authorities that are trusted for those; nil for the system's.
    package let authorities: URL?
    /// This gateway's own name: what it had taken when it ended, it takes again at once.
    package let name: String
    /// The site's address, for links; empty when it is not known.
    package let site: String
    package let wakeUps: AsyncStream<Void>
    package let wake: AsyncStream<Void>.Continuation
    package let logger: Logger
    let seconds: Int

    /// - Parameter seconds: how long a receiver may take for its answer.
    package init(
        database: ConnectionPool, allowed: WebhookTarget.AllowedHosts, authorities: URL? = nil, name: String,
        site: String, wakeUps: AsyncStream<Void>, wake: AsyncStream<Void>.Continuation,
        seconds: Int = Self.answerSeconds,
        logger: Logger
    ) {
        self.database = database
        self.allowed = allowed
        self.authorities = authorities
        self.name = name
        self.site = site
        self.wakeUps = wakeUps
        self.wake = wake
        self.seconds = seconds
        self.logger = logger
        posters = Posters(count: Self.parallel)
    }

    /// How long a receiver may take.
    package static let answerSeconds = 10
    /// Endpoints that are served at the same time.
    package static let parallel = 8
    /// How long without a notification before looking for what is due.
    static let idleInterval = Duration.seconds(2)
    /// Seconds for which an endpoint is taken; renewed with each message.
    static let lease = 60.0
    /// Messages to one endpoint before others have their turn.
    static let turn = 50
    /// The same, in time.
    static let turnTime = Duration.seconds(10)
    /// Endpoints of one person that are served at the same time.
    static let parallelOfOne = 2
    /// How long an answer is waited for when the gateway is to stop.
    static let patience = Duration.seconds(3)

    private let posters: Posters

    package func run() async throws {
        var failures = FailureLog(logger: logger, message: "Webhooks cannot be sent; their messages wait")
        var isReady = false
        let underWay = Tasks()
        for await _ in Ticker.stream(every: Self.idleInterval, wokenBy: wakeUps).cancelOnGracefulShutdown() {
            do {
                if !isReady { try await prepare() }
                isReady = true
                while let poster = posters.take() {
                    do {
                        guard let endpoint = try await takeEndpoint() else {
                            posters.giveBack(poster)
                            break
                        }
                        underWay.add { await serve(endpoint, poster) }
                    } catch {
                        posters.giveBack(poster)
                        throw error
                    }
                }
                failures.succeeded()
            } catch {
                failures.failed(error)
            }
        }
        await underWay.finish(within: Self.patience)
        do {
            try await giveBack()
        } catch {
            // Others wait for the leases' end then.
            logger.warning("Webhooks' leases are not given back", metadata: ["error": "\(String(reflecting: error))"])
        }
    }

    /// What an earlier run of this gateway had taken is free again; links begin with the site's address of today.
    private func prepare() async throws {
        try await giveBack()
        guard !site.isEmpty else { return }
        try await database.execute("UPDATE webhook_endpoints SET site = \(site) WHERE site <> \(site)")
    }

    private func giveBack() async throws {
        try await database.execute(
            "UPDATE webhook_endpoints SET taken_by = NULL, taken_until = NULL WHERE taken_by = \(name)")
    }

    /// Takes the endpoint with something due whose last turn was longest ago; none of a disabled account.
    func takeEndpoint() async throws -> UUID? {
        try await database.first(
            """
            UPDATE webhook_endpoints e SET taken_by = \(name), taken_until = now() + make_interval(secs => \(Self.lease))
            WHERE e.id = (
                SELECT c.id FROM webhook_endpoints c
                JOIN users u ON u.id = c.user_id AND u.disabled_at IS NULL
                CROSS JOIN LATERAL (
                    SELECT d.next_at FROM webhook_deliveries d WHERE d.endpoint_id = c.id AND d.next_at <= now()
                    ORDER BY d.next_at, d.number LIMIT 1) first
                WHERE c.disabled_at IS NULL AND (c.taken_until IS NULL OR c.taken_until < now())
                  AND (SELECT count(*) FROM webhook_endpoints o WHERE o.user_id = c.user_id AND o.taken_until > now())
                    < \(Self.parallelOfOne)
                ORDER BY c.served_at NULLS FIRST, first.next_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
            RETURNING e.id
            """)?.decode(UUID.self)
    }

    /// Sends what is due at an endpoint that was taken, then leaves it to others.
    func serve(_ endpoint: UUID, _ poster: HTTPPoster) async {
        defer {
            posters.giveBack(poster)
            wake.yield()
        }
        do {
            let end = ContinuousClock.now + Self.turnTime
            for _ in 0..<Self.turn {
                guard !Task.isCancelled, .now < end, let message = try await nextMessage(to: endpoint) else { break }
                try await send(message, poster)
            }
            try await database.execute(
                """
                UPDATE webhook_endpoints SET taken_by = NULL, taken_until = NULL, served_at = now()
                WHERE id = \(endpoint) AND taken_by = \(name)
                """)
        } catch is CancellationError {
            // The gateway stops, and gives all back together.
        } catch {
            logger.error(
                "A webhook could not be served; its messages wait",
                metadata: ["webhook.id": "\(endpoint.lower)", "error": "\(String(reflecting: error))"])
        }
    }

    /// The message that is due first, with the lease renewed; nil when there is none or the endpoint is not this gateway's any
    /// more. A statement of its own after the lease was committed: it sees what the holder before has recorded.
    private func nextMessage(to endpoint: UUID) async throws -> OutgoingWebhook? {
        try await database.first(
            """
            WITH held AS (
                UPDATE webhook_endpoints SET taken_until = now() + make_interval(secs => \(Self.lease))
                WHERE id = \(endpoint) AND taken_by = \(name) AND disabled_at IS NULL
                RETURNING id, url, CASE WHEN previous_until > now()
                    THEN array_to_string(secret || (previous_secret || ARRAY(
                        SELECT o.secret FROM unnest(older_secrets, older_until) WITH ORDINALITY AS o (secret, until, place)
                        WHERE o.until > now() ORDER BY o.place)), ' ') ELSE secret END AS secrets)
            SELECT held.id AS endpoint, held.url, held.secrets, d.id, d.body, d.attempts,
                d.resends, d.traceparent
            FROM held JOIN webhook_deliveries d ON d.endpoint_id = held.id
            WHERE d.next_at <= now() ORDER BY d.next_at, d.number LIMIT 1
            """
        ).map(OutgoingWebhook.init(row:))
    }

    private func send(_ message: OutgoingWebhook, _ poster: HTTPPoster) async throws {
        var outcome: WebhookOutcome
        do {
            let target = try WebhookTarget(message.url, allowed: allowed)
            let answer = try await poster.post(message.request(to: target, authorities: authorities, seconds: seconds))
            outcome = WebhookOutcome(status: answer.status, answer: answer.body)
        } catch let refusal as WebhookTarget.Refusal {
            // The operator may have taken a name from the list since.
            outcome = WebhookOutcome(error: "The URL is not called. \(refusal.message)")
        } catch let error as TransferError {
            outcome = WebhookOutcome(error: error.description)
            logger.debug(
                "A webhook got no answer",
                metadata: [
                    "webhook.id": "\(message.endpoint.lower)", "trace.id": "\(message.trace.traceID)",
                    "error": "\(error.debugDescription)",
                ])
        }
        let disabled = try await record(outcome, of: message)
        Counter(label: "mien_webhook_attempts", dimensions: [("outcome", outcome.word)]).increment()
        if let disabled {
            logger.notice(
                "A webhook is switched off",
                metadata: ["webhook.id": "\(message.endpoint.lower)", "webhook.reason": "\(disabled)"])
        }
    }
}

/// A message that is due, with what it takes to send it.
private struct OutgoingWebhook: Sendable {
    let endpoint: UUID
    let url: String
    let secrets: [WebhookSecret]
    let id: UUID
    let body: String
    let attempts: Int
    let resends: Int
    /// This attempt's step; of a message that no single upload caused, of a trace of its own.
    let trace: TraceContext

    init(row: Row) throws {
        endpoint = try row["endpoint", as: UUID.self]
        url = try row["url", as: String.self]
        secrets = try row["secrets", as: String.self].split(separator: " ").compactMap {
            WebhookSecret(text: String($0))
        }
        id = try row["id", as: UUID.self]
        body = try row["body", as: String.self]
        attempts = Int(try row["attempts", as: Int32.self])
        resends = Int(try row["resends", as: Int32.self])
        let cause = try row["traceparent", as: String?.self].flatMap(TraceContext.init(traceparent:))
        trace = cause?.next() ?? TraceContext(of: id)
    }

    func request(to target: WebhookTarget, authorities: URL?, seconds: Int) -> HTTPPost {
        let (id, timestamp) = (WebhookDelivery.messageID(id), Int(Date.now.timeIntervalSince1970))
        let signatures = secrets.map { $0.signature(id: id, timestamp: timestamp, body: body) }
        let isAllowed = target.isAllowed
        return HTTPPost(
            url: target.url,
            headers: [
                "Content-Type: application/json", "User-Agent: Mien", "webhook-id: \(id)",
                "webhook-timestamp: \(timestamp)", "webhook-signature: \(signatures.joined(separator: " "))",
                "\(TraceContext.headerName): \(trace.traceparent)",
            ], body: Array(body.utf8), allowsClearText: target.isClearText,
            authorities: isAllowed ? authorities?.path : nil, seconds: seconds,
            mayConnect: { isAllowed || AddressRules.isPublic($0) })
    }
}

/// What came of an attempt.
private struct WebhookOutcome {
    let status: Int?
    let answer: String
    let error: String

    init(status: Int, answer: [UInt8]) {
        self.status = status
        self.answer = String(decoding: answer, as: UTF8.self).withoutNUL
        error = ""
    }

    init(error: String) {
        status = nil
        answer = ""
        self.error = error
    }

    var isTaken: Bool { status.map { (200...299).contains($0) } ?? false }
    var word: String { isTaken ? "delivered" : "failed" }
}

extension WebhookSender {
    /// Writes what came of an attempt, and when the next one is. What an address answered that is the endpoint's no more says
    /// nothing of the new one, which gets the message at once.
    ///
    /// - Returns: the reason when the endpoint was switched off by it.
    private func record(_ outcome: WebhookOutcome, of message: OutgoingWebhook) async throws -> String? {
        let attempts = message.attempts + 1
        let isGone = outcome.status == 410
        let delay = isGone ? nil : RetrySchedule.delay(afterAttempts: attempts)
        let row = try await database.first(
            """
            WITH judged AS MATERIALIZED (
                SELECT id, disabled_at, url = \(message.url) AS is_called, CASE
                    WHEN \(isGone) THEN 'gone'
                    WHEN NOT \(outcome.isTaken)
                     AND failing_since < now() - make_interval(days => \(RetrySchedule.failingDays)::int) THEN 'failing'
                    END AS reason
                FROM webhook_endpoints WHERE id = \(message.endpoint) FOR UPDATE),
            tried AS (
                UPDATE webhook_deliveries d SET attempts = \(attempts), tried_at = now(),
                    status = \(outcome.status)::int, answer = \(outcome.answer), error = \(outcome.error),
                    delivered_at = CASE WHEN \(outcome.isTaken) THEN now() END,
                    next_at = CASE WHEN \(outcome.isTaken) THEN NULL
                                   WHEN judged.is_called
                                   THEN now() + make_interval(secs => \(delay.map(Double.init)))
                                   ELSE now() END
                FROM judged
                WHERE d.id = \(message.id) AND d.attempts = \(message.attempts) AND d.resends = \(message.resends)
                  AND d.next_at IS NOT NULL)
            UPDATE webhook_endpoints e SET
                failing_since = CASE WHEN NOT \(outcome.isTaken) THEN coalesce(e.failing_since, now()) END,
                disabled_at = coalesce(e.disabled_at, CASE WHEN judged.reason IS NOT NULL THEN now() END),
                disabled_reason = coalesce(e.disabled_reason, judged.reason)
            FROM judged WHERE e.id = judged.id AND judged.is_called
            RETURNING CASE WHEN judged.disabled_at IS NULL THEN judged.reason END AS reason
            """)
        return try row?["reason", as: String?.self]
    }
}
