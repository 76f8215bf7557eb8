package import Foundation
import Metrics
import Postgres

extension AnalysisStore {
    /// Changes what a person says about a photo; false when the owner has no such analysis.
    ///
    /// - Parameter fields: those that are changed. The others stay as they are at that moment, whatever was read before.
    package func update(
        _ id: UUID, owner: UUID, to about: AnalysisInformation, fields: Set<String> = AnalysisInformation.fields
    ) async throws -> Bool {
        func has(_ field: String) -> Bool { fields.contains(field) }
        return try await database.execute(
            """
            UPDATE analyses SET title = CASE WHEN \(has("title")) THEN \(about.title) ELSE title END,
                                subject = CASE WHEN \(has("subject")) THEN \(about.subject) ELSE subject END,
                                notes = CASE WHEN \(has("notes")) THEN \(about.notes) ELSE notes END,
                                tags = CASE WHEN \(has("tags")) THEN \(about.tags) ELSE tags END,
                                taken_at = CASE WHEN \(has("taken_at")) THEN \(about.takenAt)::timestamp ELSE taken_at END
            WHERE id = \(id) AND user_id = \(owner) AND binned_at IS NULL
            """) == 1
    }

    /// Puts analyses that ended without a result into the queue again, each as a new try ("generation"): whatever an
    /// earlier try still sends is not recorded any more.
    ///
    /// Asked twice, it does it once: the second finds nothing that has failed. Where there is no room for all, some stay as
    /// they are.
    ///
    /// - Parameters:
    ///   - generation: the try that the person saw fail; nil for whichever is the last.
    /// - Returns: how many were queued.
    /// - Throws: `IntakeRefusal` at a limit.
    @discardableResult
    package func retry(
        _ ids: [UUID], owner: UUID, generation: Int? = nil, limits: IntakeLimits
    ) async throws -> Int {
        try await database.withTransaction { connection in
            let room = try await limits.check(connection, owner: owner)
            return try await connection.query(
                AnalysisLifecycle.retried(ids, owner: owner, generation: generation, limit: room)
            ).count
        }
    }

    /// Stops analyses that wait or are in work; their photos stay, so that they can be tried again.
    ///
    /// A worker that has one of them in work goes on, and its result changes nothing.
    ///
    /// - Returns: those that were stopped: neither what had ended nor another person's.
    @discardableResult
    package func cancel(_ choice: AnalysisChoice, owner: UUID) async throws -> [UUID] {
        try await stop(AnalysisLifecycle.cancelled(choice, owner: owner))
    }

    /// Stops what was wanted no longer than until now; returns how many that were.
    func cancelOverdue(limit: Int = 1_000) async throws -> Int {
        try await stop(AnalysisLifecycle.overdue(limit: limit)).count
    }

    private func stop(_ statement: Statement) async throws -> [UUID] {
        try await stopping(statement) { _ in }.stopped
    }

    /// Stops what a statement stops, with all that ends with it, and does something to it, in one transaction.
    ///
    /// - Parameter locks: what is to be locked before.
    func stopping<Answer: Sendable>(
        _ statement: Statement, locks: [Statement] = [], _ change: @Sendable (Connection) async throws -> Answer
    ) async throws -> (answer: Answer, stopped: [UUID]) {
        let (answer, stopped) = try await database.withTransaction { connection in
            for lock in locks { try await connection.execute(lock) }
            let stopped = try await connection.query(statement).map { try $0.decode(UUID.self) }
            // Who stops it shares it no more, also when it is tried again.
            if !stopped.isEmpty {
                try await connection.execute(
                    "UPDATE shares SET ended_at = now() WHERE analysis_id = ANY(\(stopped)) AND ended_at IS NULL")
            }
            // Nobody can say any more of which batches those were that the change deletes.
            let batches = try await WebhookEvent.batches(of: stopped, on: connection)
            let answer = try await change(connection)
            // A batch may have ended with them.
            try await WebhookEvent.write(stopped, ofBatches: batches, on: connection)
            return (answer, stopped)
        }
        if !stopped.isEmpty { Counter(label: "mien_analyses_cancelled").increment(by: stopped.count) }
        return (answer, stopped)
    }

    /// Those of a list that are the owner's, newest first.
    package func find(_ ids: [UUID], owner: UUID) async throws -> [Analysis] {
        try await database.query(
            """
            SELECT \(unescaped: Self.columns) FROM analyses WHERE id = ANY(\(ids)) AND user_id = \(owner) AND binned_at IS NULL
            ORDER BY submitted_at DESC, id DESC
            """
        ).map(Analysis.init(row:))
    }
}
