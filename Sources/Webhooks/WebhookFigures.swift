package import Postgres

/// How far the sending of messages is, for whoever operates the site.
package struct WebhookFigures: Sendable, Equatable {
    /// Messages that could be sent now. One that waits for its next attempt is not among them.
    package let due: Int
    /// For how many seconds the oldest of them has been due.
    package let oldestDue: Double
    /// Endpoints that took nothing at their last attempt, and are not switched off.
    package let failing: Int

    /// Reads them; of endpoints that are on and whose owner's account is.
    package static func read(_ database: some PostgresSession) async throws -> WebhookFigures {
        let row = try await database.first(
            """
            SELECT coalesce(sum(waiting.due), 0)::bigint AS due,
                coalesce(extract(epoch FROM now() - min(waiting.oldest)), 0)::float8 AS oldest,
                count(e.failing_since) AS failing
            FROM webhook_endpoints e
            JOIN users u ON u.id = e.user_id AND u.disabled_at IS NULL
            CROSS JOIN LATERAL (
                SELECT count(*) AS due, min(d.next_at) AS oldest FROM webhook_deliveries d
                WHERE d.endpoint_id = e.id AND d.next_at <= now()) waiting
            WHERE e.disabled_at IS NULL
            """)
        return WebhookFigures(
            due: try row?["due", as: Int.self] ?? 0, oldestDue: try row?["oldest", as: Double.self] ?? 0,
            failing: try row?["failing", as: Int.self] ?? 0)
    }
}
