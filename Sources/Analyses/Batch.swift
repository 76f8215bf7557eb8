package import Foundation
import Postgres

/// Photos that were sent together.
package struct Batch: Sendable {
    package let id: UUID
    package let title: String
    package let createdAt: Date
    /// In the order in which they came.
    package let analyses: [Analysis]

    /// Most photos of one batch: all of them are shown on one page.
    package static let limit = 500
}

/// A batch in a list: how far it is.
package struct BatchSummary: Sendable {
    package let id: UUID
    package let title: String
    package let createdAt: Date
    /// How many of its analyses wait or are in work, finished, failed and were cancelled.
    package let open: Int
    package let finished: Int
    package let failed: Int
    package let cancelled: Int

    fileprivate init(row: Row) throws {
        (id, title, createdAt, open, finished, failed, cancelled) = try row.decode(
            (UUID, String, Date, Int, Int, Int, Int).self)
    }
}

/// There is no such batch, or it is another person's.
package struct BatchNotFound: Error {}

/// The batch that a photo is to belong to; it is made with its first photo.
package struct BatchReference: Sendable {
    package let id: UUID
    package let title: String

    package init(id: UUID, title: String) {
        self.id = id
        self.title = title
    }

    /// Makes the batch unless it is there.
    ///
    /// - Throws: `IntakeRefusal.batchFull`, and ``BatchNotFound`` when it is another person's.
    func join(_ connection: Connection, owner: UUID) async throws {
        let row = try await connection.first(
            """
            INSERT INTO batches (id, user_id, title) VALUES (\(id), \(owner), \(title))
            ON CONFLICT (id) DO UPDATE SET title = batches.title, binned_at = NULL WHERE batches.user_id = excluded.user_id
            RETURNING (SELECT count(*) FROM analyses WHERE batch_id = \(id))
            """)
        guard let count = try row?.decode(Int.self) else { throw BatchNotFound() }
        if count >= Batch.limit { throw IntakeRefusal.batchFull(limit: Batch.limit) }
    }
}

extension AnalysisStore {
    /// A batch of its owner with all its analyses, or nil.
    package func batch(_ id: UUID, owner: UUID) async throws -> Batch? {
        let head = try await database.first(
            "SELECT title, created_at FROM batches WHERE id = \(id) AND user_id = \(owner) AND binned_at IS NULL")
        guard let (title, createdAt) = try head?.decode((String, Date).self) else { return nil }
        let rows = try await database.query(
            """
            SELECT \(unescaped: Self.columns) FROM analyses
            WHERE batch_id = \(id) AND user_id = \(owner) AND binned_at IS NULL
            ORDER BY submitted_at, id LIMIT \(Batch.limit)
            """)
        return Batch(id: id, title: title, createdAt: createdAt, analyses: try rows.map(Analysis.init(row:)))
    }

    /// Makes a batch without photos.
    ///
    /// - Parameter key: under which a program may ask for it again: what the first request made is the answer then.
    /// - Throws: ``IdempotencyRefusal``; ``BatchNotFound`` when that batch has gone meanwhile.
    package func makeBatch(title: String, owner: UUID, key: String? = nil) async throws -> BatchSummary {
        let request = key.map {
            IdempotentRequest(owner: owner, key: $0, parts: [Array("batch".utf8), Array(title.utf8)])
        }
        return try await database.withTransaction { connection in
            var id = UUID.timeOrdered()
            if let made = try await request?.begin(connection) {
                guard let batch = made.batch else { throw BatchNotFound() }
                id = batch
            } else {
                try await connection.execute(
                    "INSERT INTO batches (id, user_id, title) VALUES (\(id), \(owner), \(title))")
                try await request?.end(connection, with: .init(analyses: [], batch: id))
            }
            let row = try await connection.first(Self.summaries(of: owner, "b.id = \(id)", limit: 1))
            guard let row else { throw BatchNotFound() }
            return try BatchSummary(row: row)
        }
    }

    /// A person's batches, newest first, behind the cursor; each with how far it is.
    package func batches(owner: UUID, before cursor: ListCursor?, limit: Int) async throws -> (
        items: [BatchSummary], next: ListCursor?
    ) {
        let condition: Statement? = cursor.map { "(b.created_at, b.id) < (\($0.time), \($0.id))" }
        let statement = Self.summaries(of: owner, condition ?? "true", limit: limit + 1)
        let all = try await database.query(statement).map(BatchSummary.init(row:))
        let items = Array(all.prefix(limit))
        let next = all.count > limit ? items.last.map { ListCursor(time: $0.createdAt, id: $0.id) } : nil
        return (items, next)
    }

    private static func summaries(of owner: UUID, _ condition: Statement, limit: Int) -> Statement {
        """
        SELECT b.id, b.title, b.created_at, count(a.id) FILTER (WHERE a.status IN ('queued', 'processing')),
            count(a.id) FILTER (WHERE a.status = 'finished'), count(a.id) FILTER (WHERE a.status = 'failed'),
            count(a.id) FILTER (WHERE a.status = 'cancelled')
        FROM batches b LEFT JOIN analyses a ON a.batch_id = b.id AND a.binned_at IS NULL
        WHERE b.user_id = \(owner) AND b.binned_at IS NULL AND \(condition)
        GROUP BY b.id ORDER BY b.created_at DESC, b.id DESC LIMIT \(limit)
        """
    }

    /// Whether the person has acknowledged the note on responsible use.
    package func hasAcknowledged(_ owner: UUID) async throws -> Bool {
        try await database.first("SELECT responsible_use_at IS NOT NULL FROM users WHERE id = \(owner)")?
            .decode(Bool.self) ?? false
    }

    /// Notes that the person acknowledged it; the first time counts.
    package func acknowledge(_ owner: UUID) async throws {
        try await database.execute(
            "UPDATE users SET responsible_use_at = now() WHERE id = \(owner) AND responsible_use_at IS NULL")
    }
}
