import Foundation
import Postgres

extension AnalysisStore {
    /// Changes what a person says about a photo; false when the owner has no such analysis.
    func update(_ id: UUID, owner: UUID, to about: AnalysisInformation) async throws -> Bool {
        try await database.execute(
            """
            UPDATE analyses SET title = \(about.title), subject = \(about.subject), notes = \(about.notes),
                                tags = \(about.tags), taken_at = \(about.takenAt)::timestamp
            WHERE id = \(id) AND user_id = \(owner)
            """) == 1
    }

    /// Puts analyses that ended without a result into the queue again, each as a new try ("generation"): whatever an
    /// earlier try still sends is not recorded any more.
    ///
    /// Asked twice, it does it once: the second finds nothing that has failed.
    ///
    /// - Parameters:
    ///   - generation: the try that the person saw fail; nil for whichever is the last.
    /// - Returns: how many were queued.
    /// - Throws: `IntakeRefusal` at a limit.
    @discardableResult
    func retry(
        _ ids: [UUID], owner: UUID, generation: Int? = nil, limits: IntakeLimits
    ) async throws -> Int {
        try await database.withTransaction { connection in
            try await limits.check(connection, owner: owner)
            let rows = try await connection.query(Self.retry(ids, owner: owner, generation: generation))
            let queued = try rows.map { try $0.decode(UUID.self) }
            for id in queued {
                try await Outbox.add(id, kind: .job, on: connection)
                try await AnalysisNotice.send(id, on: connection)
            }
            return queued.count
        }
    }

    /// The failure was counted when it was recorded; it is taken back in the same change that makes it untrue.
    private static func retry(_ ids: [UUID], owner: UUID, generation: Int?) -> Statement {
        """
        WITH ended AS (
            SELECT id, status FROM analyses a
            WHERE id = ANY(\(ids)) AND user_id = \(owner) AND status IN ('failed', 'cancelled')
              AND (\(generation) IS NULL OR generation = \(generation))
              AND EXISTS (SELECT 1 FROM photos p WHERE p.analysis_id = a.id)
            FOR UPDATE),
        changed AS (
            UPDATE analyses a
            SET status = 'queued', generation = a.generation + 1, attempts = 0, queued_at = now(), moved_at = now(),
                started_at = NULL, finished_at = NULL, error_code = NULL, error_message = NULL
            FROM ended WHERE a.id = ended.id
            RETURNING a.id, ended.status AS was),
        counted AS (
            UPDATE users SET failed_count = failed_count - (SELECT count(*) FROM changed WHERE was = 'failed')
            WHERE id = \(owner) AND EXISTS (SELECT 1 FROM changed WHERE was = 'failed'))
        SELECT id FROM changed
        """
    }

    /// Deletes analyses with their photos, previews and pending jobs; returns how many of them the owner had.
    @discardableResult
    func delete(_ ids: [UUID], owner: UUID) async throws -> Int {
        try await database.execute("DELETE FROM analyses WHERE id = ANY(\(ids)) AND user_id = \(owner)")
    }

    /// Those of a list that are the owner's, newest first.
    func find(_ ids: [UUID], owner: UUID) async throws -> [Analysis] {
        try await database.query(
            """
            SELECT \(unescaped: Self.columns) FROM analyses WHERE id = ANY(\(ids)) AND user_id = \(owner)
            ORDER BY submitted_at DESC, id DESC
            """
        ).map(Analysis.init(row:))
    }
}
