package import Foundation
package import Postgres

/// What programs are told of by a webhook.
package enum WebhookEvent: String, Sendable, CaseIterable {
    /// A photo has its result.
    case analysisFinished = "analysis.finished"
    /// A photo could not be analysed.
    case analysisFailed = "analysis.failed"
    /// No photo of a batch is open any more, cancelling included. Nobody says when a batch is complete: of one whose photos are
    /// sent one by one it is told whenever those that are there have ended.
    case batchFinished = "batch.finished"

    /// What it tells of, for people.
    package var words: String {
        switch self {
        case .analysisFinished: "A photo has its result"
        case .analysisFailed: "A photo could not be analysed"
        case .batchFinished: "No photo of a batch is open any more"
        }
    }

    /// The NOTIFY channel that wakes whoever sends messages.
    package static let channel = "mien_webhooks"

    /// Writes what there is to tell of analyses that have just ended, in the transaction that ended them.
    ///
    /// A statement of its own, because of batches: of two that end their last two photos at the same time, each would find the
    /// other's still open. Whoever counts a result holds the person's row until they commit, and `lock` takes it where nothing
    /// is counted; so this, which begins after that, sees all that ended before.
    ///
    /// What the messages say is fixed here. It is small and holds no picture and no words of the person's.
    ///
    /// - Parameter batches: those that some of them belonged to that are gone by now.
    package static func write(
        _ ended: [UUID], ofBatches batches: [UUID] = [], on connection: Connection
    ) async throws {
        guard !ended.isEmpty else { return }
        // Few have webhooks, and for the others what follows would be planned with each photo, in vain.
        guard try await connection.first(.often(listener(ended, batches))) != nil else { return }
        try await connection.execute(.often(lock(ended, batches)))
        try await connection.execute(.often(statement(ended, batches)))
    }

    /// The batches that analyses belong to, in the bin (binned_at) or not: to be asked for before the analyses are deleted.
    static func batches(of analyses: [UUID], on connection: Connection) async throws -> [UUID] {
        guard !analyses.isEmpty else { return [] }
        return try await connection.query(
            "SELECT DISTINCT batch_id FROM analyses WHERE id = ANY(\(analyses)) AND batch_id IS NOT NULL"
        ).map { try $0.decode(UUID.self) }
    }

    private static func listener(_ ended: [UUID], _ batches: [UUID]) -> Statement {
        """
        SELECT 1 FROM webhook_endpoints e
        WHERE e.disabled_at IS NULL
          AND e.user_id IN (SELECT a.user_id FROM analyses a WHERE a.id = ANY(\(ended))
                            UNION ALL SELECT b.user_id FROM batches b WHERE b.id = ANY(\(batches)))
        LIMIT 1
        """
    }

    private static func lock(_ ended: [UUID], _ batches: [UUID]) -> Statement {
        """
        SELECT 1 FROM users u
        WHERE u.id IN (SELECT a.user_id FROM analyses a WHERE a.id = ANY(\(ended)) AND a.batch_id IS NOT NULL
                       UNION SELECT b.user_id FROM batches b WHERE b.id = ANY(\(batches)))
          AND EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.user_id = u.id)
        ORDER BY u.id FOR NO KEY UPDATE
        """
    }

    private static func statement(_ ended: [UUID], _ batches: [UUID]) -> Statement {
        """
        WITH told AS (
            SELECT a.user_id, a.finished_at AS at, 1 AS rank,
                CASE a.status WHEN 'finished' THEN \(analysisFinished.rawValue)
                              WHEN 'failed' THEN \(analysisFailed.rawValue) END AS event,
                jsonb_build_object('id', a.id, 'batch', a.batch_id, 'status', a.status) || CASE a.status
                    WHEN 'finished' THEN jsonb_build_object('dominant', a.emotion, 'faces', a.face_count)
                    ELSE jsonb_build_object('error', a.error_code) END AS data,
                '/api/v1/analyses/' || a.id AS path, a.traceparent
            FROM analyses a WHERE a.id = ANY(\(ended)) AND a.status IN ('finished', 'failed')
            UNION ALL
            SELECT b.user_id, now(), 2, \(batchFinished.rawValue),
                jsonb_build_object('id', b.id, 'status', 'finished', 'finished', counted.finished,
                    'failed', counted.failed, 'cancelled', counted.cancelled),
                '/api/v1/batches/' || b.id, counted.traceparent
            FROM batches b CROSS JOIN LATERAL (
                SELECT count(*) AS photos, count(*) FILTER (WHERE o.status = 'finished') AS finished,
                    count(*) FILTER (WHERE o.status = 'failed') AS failed,
                    count(*) FILTER (WHERE o.status = 'cancelled') AS cancelled,
                    count(*) FILTER (WHERE \(AnalysisStatus.condition(AnalysisStatus.open, of: "o"))) AS open,
                    -- Of photos that came in one upload; others have none in common.
                    CASE WHEN min(o.traceparent) = max(o.traceparent) THEN min(o.traceparent) END AS traceparent
                FROM analyses o WHERE o.batch_id = b.id AND o.binned_at IS NULL) counted
            WHERE b.id IN (SELECT a.batch_id FROM analyses a WHERE a.id = ANY(\(ended))
                           UNION SELECT o.id FROM batches o WHERE o.id = ANY(\(batches)))
              AND counted.open = 0 AND counted.photos > 0),
        written AS (
            INSERT INTO webhook_deliveries (endpoint_id, event, traceparent, body)
            SELECT e.id, told.event, told.traceparent, jsonb_build_object(
                'type', told.event,
                'timestamp', to_char(told.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                'data', told.data || jsonb_build_object('url', e.site || told.path))::text
            FROM told JOIN webhook_endpoints e ON e.user_id = told.user_id
            WHERE e.disabled_at IS NULL AND told.event = ANY(e.events)
            ORDER BY told.at, told.rank RETURNING 1)
        SELECT 1 FROM (SELECT 1 FROM written LIMIT 1) one WHERE pg_notify(\(channel), '') IS NOT NULL
        """
    }
}
