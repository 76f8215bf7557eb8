package import Analyses
package import Foundation
package import Postgres

/// Endpoints and their messages, as their owner sees and changes them. Another person's are as absent as none.
package struct WebhookStore: Sendable {
    package let database: ConnectionPool

    package init(database: ConnectionPool) {
        self.database = database
    }

    /// Why something is not done.
    package enum Refusal: Error, Sendable, Equatable {
        /// The person has ``WebhookEndpoint/limit`` endpoints.
        case tooMany
        /// There is no such endpoint or message of the person's.
        case unknown
        /// Nothing is sent to an endpoint that is off.
        case off
    }

    /// Makes an endpoint; its secret is returned here, and after a rotation, and shown nowhere else.
    ///
    /// - Parameter site: what links in its messages begin with.
    /// - Throws: ``Refusal/tooMany``.
    package func make(
        _ target: WebhookTarget, events: [WebhookEvent], site: String, owner: UUID
    ) async throws -> (endpoint: WebhookEndpoint, secret: WebhookSecret) {
        let secret = WebhookSecret.make()
        let row = try await database.withTransaction { connection in
            // Of two who make the last one, the second waits here and then counts the first one's.
            try await connection.execute("SELECT 1 FROM users WHERE id = \(owner) FOR NO KEY UPDATE")
            return try await connection.first(
                """
                INSERT INTO webhook_endpoints (id, user_id, url, events, site, secret)
                SELECT \(UUID.timeOrdered()), \(owner), \(target.url), \(events.map(\.rawValue)), \(site), \(secret.text)
                WHERE (SELECT count(*) FROM webhook_endpoints WHERE user_id = \(owner)) < \(WebhookEndpoint.limit)
                RETURNING \(unescaped: WebhookEndpoint.columns)
                """)
        }
        guard let row else { throw Refusal.tooMany }
        return (try WebhookEndpoint(row: row), secret)
    }

    /// A person's endpoints, oldest first.
    package func endpoints(of owner: UUID) async throws -> [WebhookEndpoint] {
        try await database.query(
            """
            SELECT \(unescaped: WebhookEndpoint.columns) FROM webhook_endpoints
            WHERE user_id = \(owner) ORDER BY created_at, id
            """
        ).map(WebhookEndpoint.init(row:))
    }

    /// An endpoint of its owner.
    /// - Throws: ``Refusal/unknown``.
    package func endpoint(_ id: UUID, owner: UUID) async throws -> WebhookEndpoint {
        try endpoint(
            await database.first(
                """
                SELECT \(unescaped: WebhookEndpoint.columns) FROM webhook_endpoints
                WHERE id = \(id) AND user_id = \(owner)
                """))
    }

    /// Changes what is given, and leaves the rest.
    ///
    /// Switched on again, or at another URL, it begins without a history of failures, and gets at once what waited meanwhile;
    /// events of the time while it was off are not made up for.
    /// - Throws: ``Refusal/unknown``.
    package func change(
        _ id: UUID, owner: UUID, to target: WebhookTarget? = nil, events: [WebhookEvent]? = nil, isOn: Bool? = nil
    ) async throws -> WebhookEndpoint {
        try endpoint(
            await database.first(
                """
                WITH woken AS (
                    UPDATE webhook_deliveries d SET next_at = now() FROM webhook_endpoints e
                    WHERE d.endpoint_id = e.id AND e.id = \(id) AND e.user_id = \(owner) AND d.next_at IS NOT NULL
                      AND (\(isOn == true) AND e.disabled_at IS NOT NULL OR e.url <> \(target?.url)))
                UPDATE webhook_endpoints SET url = coalesce(\(target?.url), url),
                    events = coalesce(\(events?.map(\.rawValue)), events),
                    disabled_at = CASE WHEN \(isOn) IS NULL THEN disabled_at
                                       WHEN NOT \(isOn) THEN coalesce(disabled_at, now()) END,
                    disabled_reason = CASE WHEN \(isOn) IS NULL THEN disabled_reason
                                           WHEN NOT \(isOn) THEN coalesce(disabled_reason, 'owner') END,
                    failing_since = CASE WHEN \(isOn) AND disabled_at IS NOT NULL OR url <> \(target?.url) THEN NULL
                                         ELSE failing_since END
                WHERE id = \(id) AND user_id = \(owner) AND pg_notify(\(WebhookEvent.channel), '') IS NOT NULL
                RETURNING \(unescaped: WebhookEndpoint.columns)
                """))
    }

    /// Gives an endpoint a new secret; the one before goes on signing beside it for a day, and with it those that still do: the
    /// receiver may know any of them, when a page is loaded again or an answer was lost.
    /// - Throws: ``Refusal/unknown``.
    package func rotate(
        _ id: UUID, owner: UUID
    ) async throws -> (endpoint: WebhookEndpoint, secret: WebhookSecret) {
        let secret = WebhookSecret.make()
        let row = try await database.first(
            """
            UPDATE webhook_endpoints SET secret = \(secret.text), previous_secret = secret,
                older_secrets = CASE WHEN previous_until > now()
                                     THEN (previous_secret || older_secrets)[1:\(WebhookEndpoint.mostOlder)] ELSE '{}' END,
                older_until = CASE WHEN previous_until > now()
                                   THEN (previous_until || older_until)[1:\(WebhookEndpoint.mostOlder)] ELSE '{}' END,
                previous_until = now() + interval '24 hours'
            WHERE id = \(id) AND user_id = \(owner) RETURNING \(unescaped: WebhookEndpoint.columns)
            """)
        return (try endpoint(row), secret)
    }

    /// Deletes an endpoint with its messages.
    /// - Throws: ``Refusal/unknown``.
    package func delete(_ id: UUID, owner: UUID) async throws {
        let count = try await database.execute(
            "DELETE FROM webhook_endpoints WHERE id = \(id) AND user_id = \(owner)")
        if count == 0 { throw Refusal.unknown }
    }

    /// Deletes old messages, taken or not.
    package static func sweep(_ database: some PostgresSession) async throws {
        try await database.execute(
            """
            DELETE FROM webhook_deliveries
            WHERE created_at < now() - make_interval(days => \(RetrySchedule.keptDays)::int)
            """)
    }

    private func endpoint(_ row: Row?) throws -> WebhookEndpoint {
        guard let row else { throw Refusal.unknown }
        return try WebhookEndpoint(row: row)
    }
}

/// Messages.
extension WebhookStore {
    /// What a test sends.
    package static let testEvent = "test.ping"

    /// Sends an endpoint a message that tells of nothing.
    /// - Throws: ``Refusal/unknown``, ``Refusal/off``.
    package func sendTest(to id: UUID, owner: UUID) async throws -> WebhookDelivery {
        try await delivery(
            of: id, owner: owner,
            """
            INSERT INTO webhook_deliveries AS d (endpoint_id, event, body)
            SELECT e.id, \(Self.testEvent), jsonb_build_object('type', \(Self.testEvent),
                'timestamp', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                'data', jsonb_build_object('webhook', e.id, 'url', e.site || '/api/v1/webhooks/' || e.id))::text
            FROM webhook_endpoints e
            WHERE e.id = \(id) AND e.user_id = \(owner) AND e.disabled_at IS NULL
              AND pg_notify(\(WebhookEvent.channel), '') IS NOT NULL
            RETURNING \(unescaped: WebhookDelivery.columns)
            """)
    }

    /// Sends a message again under its id, with all its attempts.
    /// - Throws: ``Refusal/unknown``, ``Refusal/off``.
    package func sendAgain(_ delivery: UUID, of id: UUID, owner: UUID) async throws -> WebhookDelivery {
        try await self.delivery(
            of: id, owner: owner,
            """
            UPDATE webhook_deliveries d SET next_at = now(), attempts = 0, resends = resends + 1,
                delivered_at = NULL
            FROM webhook_endpoints e
            WHERE d.id = \(delivery) AND d.endpoint_id = e.id AND e.id = \(id) AND e.user_id = \(owner)
              AND e.disabled_at IS NULL AND pg_notify(\(WebhookEvent.channel), '') IS NOT NULL
            RETURNING \(unescaped: WebhookDelivery.columns)
            """)
    }

    private func delivery(of id: UUID, owner: UUID, _ statement: Statement) async throws -> WebhookDelivery {
        if let row = try await database.first(statement) { return try WebhookDelivery(row: row) }
        throw try await endpoint(id, owner: owner).disabled == nil ? Refusal.unknown : .off
    }

    /// The messages to an endpoint of its owner, newest first, behind the cursor.
    /// - Throws: ``Refusal/unknown``.
    package func deliveries(
        of id: UUID, owner: UUID, before cursor: ListCursor? = nil, limit: Int
    ) async throws -> (items: [WebhookDelivery], next: ListCursor?) {
        _ = try await endpoint(id, owner: owner)
        var statement: Statement = """
            SELECT \(unescaped: WebhookDelivery.columns)
            FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
            WHERE e.id = \(id) AND e.user_id = \(owner)
            """
        if let cursor { statement.append(" AND (d.created_at, d.id) < (\(cursor.time), \(cursor.id))") }
        statement.append(" ORDER BY d.created_at DESC, d.id DESC LIMIT \(limit + 1)")
        let all = try await database.query(statement).map(WebhookDelivery.init(row:))
        let items = Array(all.prefix(limit))
        let next = all.count > limit ? items.last.map { ListCursor(time: $0.createdAt, id: $0.id) } : nil
        return (items, next)
    }

    /// The last message of each of a person's endpoints that was tried.
    package func lastTried(of owner: UUID) async throws -> [UUID: WebhookDelivery] {
        let rows = try await database.query(Self.lastTried(of: owner))
        return try Dictionary(rows.map { (try $0["endpoint", as: UUID.self], try WebhookDelivery(row: $0)) }) { a, _ in
            a
        }
    }

    static func lastTried(of owner: UUID) -> Statement {
        """
        SELECT e.id AS endpoint, \(unescaped: WebhookDelivery.columns)
        FROM webhook_endpoints e CROSS JOIN LATERAL (
            SELECT * FROM webhook_deliveries l WHERE l.endpoint_id = e.id AND l.tried_at IS NOT NULL
            ORDER BY l.tried_at DESC LIMIT 1) d
        WHERE e.user_id = \(owner)
        """
    }
}
