package import Foundation
import Postgres

/// Photos that were sent together.
package struct Batch: Sendable {
    package let id: UUID
    package let title: String
    package let createdAt: Date
    /// In the order in which they came.
    package let analyses: [Analysis]

    /// How far it is.
    package var summary: BatchSummary {
        func count(_ part: BatchPart) -> Int { analyses.count { part.statuses.contains($0.status) } }
        return BatchSummary(
            id: id, title: title, createdAt: createdAt, open: count(.open), finished: count(.finished),
            failed: count(.failed), failedForGood: analyses.count { $0.status == .failed && !$0.canRetry },
            cancelled: count(.cancelled))
    }

    /// Most photos of one batch, whatever is set: what saves and counts them reads all of them.
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
    /// Those of the failed ones that fail again if they are tried again.
    package let failedForGood: Int
    package let cancelled: Int

    package init(
        id: UUID, title: String, createdAt: Date, open: Int = 0, finished: Int = 0, failed: Int = 0,
        failedForGood: Int = 0, cancelled: Int = 0
    ) {
        self.id = id
        self.title = title
        self.createdAt = createdAt
        self.open = open
        self.finished = finished
        self.failed = failed
        self.failedForGood = failedForGood
        self.cancelled = cancelled
    }

    fileprivate init(row: Row) throws {
        (id, title, createdAt, open, finished, failed, failedForGood, cancelled) = try row.decode(
            (UUID, String, Date, Int, Int, Int, Int, Int).self)
    }

    /// All its photos.
    package var count: Int { open + finished + failed + cancelled }

    /// Those of a part.
    package func count(of part: BatchPart) -> Int {
        switch part {
        case .open: open
        case .finished: finished
        case .failed: failed
        case .cancelled: cancelled
        }
    }
}

/// One page of a batch's photos, with what all of them come to.
package struct BatchSlice: Sendable {
    package let batch: BatchSummary
    /// By look, how many faces of all its photos have it.
    package let looks: [String: Int]
    /// In the order in which they came.
    package let items: [Analysis]

    package init(batch: BatchSummary, looks: [String: Int], items: [Analysis]) {
        self.batch = batch
        self.looks = looks
        self.items = items
    }
}

/// The photos of a batch that stand alike.
package enum BatchPart: String, Sendable, CaseIterable {
    case open, finished, failed, cancelled

    fileprivate var statuses: [AnalysisStatus] {
        switch self {
        case .open: AnalysisStatus.open
        case .finished: [.finished]
        case .failed: [.failed]
        case .cancelled: [.cancelled]
        }
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
    func join(_ connection: Connection, owner: UUID, limit: Int) async throws {
        let row = try await connection.first(
            """
            INSERT INTO batches (id, user_id, title) VALUES (\(id), \(owner), \(title))
            ON CONFLICT (id) DO UPDATE SET title = batches.title, binned_at = NULL WHERE batches.user_id = excluded.user_id
            RETURNING 1
            """)
        guard row != nil else { throw BatchNotFound() }
        // A statement of its own, behind the batch's lock: it sees the photos of whoever had that before, and those in the
        // bin (binned_at), which may come back.
        let count = try await connection.first("SELECT count(*) FROM analyses WHERE batch_id = \(id)")
        if try count?.decode(Int.self) ?? 0 >= limit { throw IntakeRefusal.batchFull(limit: limit) }
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

    /// Some of a batch's photos with the counts of all, or nil when its owner has no such batch.
    ///
    /// - Parameters:
    ///   - parts: those of which photos are given.
    ///   - skipping: how many of those parts stand on the pages before.
    package func batch(
        _ id: UUID, owner: UUID, parts: [BatchPart], skipping: Int, limit: Int
    ) async throws -> BatchSlice? {
        let head = try await database.first(Self.summaries(of: owner, "b.id = \(id)", limit: 1))
        guard let summary = try head.map(BatchSummary.init(row:)) else { return nil }
        // As they are counted for trends, so that nobody's faces are read for it.
        var counts = TrendCounts()
        for row in try await database.query(
            """
            SELECT t.looks, count(*) FROM analyses a JOIN trend_rows t ON t.analysis_id = a.id AND t.topic = ''
            WHERE a.batch_id = \(id) AND a.user_id = \(owner) AND a.binned_at IS NULL
              AND \(AnalysisStatus.condition([.finished], of: "a"))
            GROUP BY t.looks
            """)
        {
            let (looks, photos) = try row.decode((Int, Int).self)
            counts.add(photos, looks, byDateTaken: false)
        }
        let items = Self.items(of: id, owner: owner, parts: parts, skipping: skipping, limit: limit)
        return BatchSlice(
            batch: summary, looks: counts.looks, items: try await database.query(items).map(Analysis.init(row:)))
    }

    static func items(
        of id: UUID, owner: UUID, parts: [BatchPart], skipping: Int, limit: Int
    ) -> Statement {
        """
        SELECT \(unescaped: Self.columns) FROM analyses
        WHERE id IN (
            SELECT id FROM analyses
            WHERE batch_id = \(id) AND user_id = \(owner) AND binned_at IS NULL
              AND \(AnalysisStatus.condition(parts.flatMap(\.statuses)))
            ORDER BY submitted_at, id LIMIT \(limit) OFFSET \(skipping))
        ORDER BY submitted_at, id
        """
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

    /// Counts those of the page alone: of a person's batches there may be many, with a hundred thousand photos.
    static func summaries(of owner: UUID, _ condition: Statement, limit: Int) -> Statement {
        """
        SELECT page.id, page.title, page.created_at, counted.open, counted.finished, counted.failed,
            counted.for_good, counted.cancelled
        FROM (
            SELECT b.id, b.title, b.created_at FROM batches b
            WHERE b.user_id = \(owner) AND b.binned_at IS NULL AND \(condition)
            ORDER BY b.created_at DESC, b.id DESC LIMIT \(limit)) page
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE a.status IN ('queued', 'processing')) AS open,
                count(*) FILTER (WHERE a.status = 'finished') AS finished,
                count(*) FILTER (WHERE a.status = 'failed') AS failed,
                count(*) FILTER (WHERE a.status = 'failed' AND a.error_code = ANY(\(Analysis.failuresOfTheFile)))
                    AS for_good,
                count(*) FILTER (WHERE a.status = 'cancelled') AS cancelled
            FROM analyses a WHERE a.batch_id = page.id AND a.binned_at IS NULL) counted
        ORDER BY page.created_at DESC, page.id DESC
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
