package import Foundation
package import Postgres

/// What became of photos that their owner deleted.
package struct Removal: Sendable {
    /// How many of those that were meant there were.
    package let count: Int
    /// By which they can be put back; nil when they are gone for good, and when there was nothing.
    package let act: BinAct?
}

/// One act by which photos went into the bin: all of them have one time there.
package struct BinAct: Sendable, Equatable {
    package let at: Date

    package init(at: Date) {
        self.at = at
    }

    /// Reads what ``text`` wrote; nil for anything else.
    package init?(text: String) {
        guard let microseconds = Int64(text), (0..<1 << 52).contains(microseconds) else { return nil }
        at = Date(timeIntervalSince1970: Double(microseconds) / 1e6)
    }

    /// For an address or a form: microseconds since 1970.
    package var text: String { "\(Int64((at.timeIntervalSince1970 * 1e6).rounded()))" }
}

/// How much is in a bin.
package struct BinFigures: Sendable, Equatable {
    package let photos: Int
    /// Of the photos as they were sent.
    package let bytes: Int

    package init(photos: Int, bytes: Int) {
        self.photos = photos
        self.bytes = bytes
    }
}

/// The bin: what a person deletes stays there for some days, seen by nobody else and by themselves only there.
extension AnalysisStore {
    /// How many are deleted by one statement, so that none holds locks for long.
    private static let portion = 200
    /// How many the emptying of a bin deletes at most; whoever has more empties it again.
    package static let mostEmptied = 10_000

    /// Deletes those that are the owner's and not in the bin: into the bin, or for good where it keeps things for no day.
    ///
    /// What waits or is in work is cancelled first, which ends its links as well: a worker that asks for it is told that it is
    /// gone, and the result of one that has it changes nothing. The person's counts stay: they count what was analysed, not what is kept.
    package func remove(_ choice: AnalysisChoice, owner: UUID, binDays: Int) async throws -> Removal {
        try await changing(stopping: choice, owner: owner) { connection in
            guard binDays > 0 else {
                let shown = try await connection.query(
                    """
                    SELECT a.id FROM analyses a
                    WHERE \(choice.condition) AND a.user_id = \(owner) AND a.binned_at IS NULL
                    """
                ).map { try $0.decode(UUID.self) }
                let gone = try await connection.query(AnalysisLifecycle.deleted(.some(shown), owner: owner)).count
                return Removal(count: gone, act: nil)
            }
            return try await Self.bin(choice, owner: owner, on: connection)
        }
    }

    /// The same of a batch with all its photos; nil when the owner has no such batch.
    ///
    /// One that is in the bin already can be deleted for good.
    package func removeBatch(_ id: UUID, owner: UUID, binDays: Int) async throws -> Removal? {
        var mine: Statement = "WHERE id = \(id) AND user_id = \(owner)"
        if binDays > 0 { mine.append(" AND binned_at IS NULL") }
        // Before its photos, as whoever sends one more takes them.
        let lock: Statement = "SELECT 1 FROM batches WHERE id = \(id) AND user_id = \(owner) FOR UPDATE"
        return try await changing(stopping: .batch(id), owner: owner, behind: lock) {
            [mine] connection -> Removal? in
            guard try await connection.first("SELECT 1 FROM batches \(mine)") != nil else { return nil }
            guard binDays > 0 else {
                let gone = try await connection.query(AnalysisLifecycle.deleted(.batch(id), owner: owner)).count
                try await connection.execute("DELETE FROM batches \(mine)")
                return Removal(count: gone, act: nil)
            }
            try await connection.execute("UPDATE batches SET binned_at = now() \(mine)")
            return try await Self.bin(.batch(id), owner: owner, on: connection)
        }
    }

    private static func bin(_ choice: AnalysisChoice, owner: UUID, on connection: Connection) async throws -> Removal {
        let count = try await connection.query(AnalysisLifecycle.binned(choice, owner: owner)).count
        let now = try await connection.first("SELECT now()")?.decode(Date.self)
        return Removal(count: count, act: count > 0 ? now.map(BinAct.init(at:)) : nil)
    }

    /// Stops what is open of those that are meant, and does what is asked.
    private func changing<Answer: Sendable>(
        stopping choice: AnalysisChoice, owner: UUID, behind lock: Statement? = nil,
        _ change: @Sendable (Connection) async throws -> Answer
    ) async throws -> Answer {
        // All at once, so that nothing begins another try in between; those in the bin (binned_at) too, which may go with the
        // others, so that whoever takes several takes them in one order.
        let all: Statement =
            "SELECT 1 FROM analyses a WHERE \(choice.condition) AND a.user_id = \(owner) ORDER BY a.id FOR UPDATE"
        let locks = [lock, all].compactMap(\.self)
        return try await stopping(AnalysisLifecycle.cancelled(choice, owner: owner), locks: locks, change).answer
    }

    /// Takes those that are the owner's out of the bin; returns how many there were.
    ///
    /// They are as they were, but for what was cancelled: that can be tried again.
    @discardableResult
    package func restore(_ choice: AnalysisChoice, owner: UUID) async throws -> Int {
        // A batch that was deleted as a whole is there again with the first of its photos.
        let batch: UUID? = if case .batch(let id) = choice { id } else { nil }
        return try await database.withTransaction { connection in
            // Before their photos, as whoever sends one more takes them.
            try await connection.execute(
                """
                SELECT 1 FROM batches WHERE user_id = \(owner) AND (id = \(batch) OR id IN (
                    SELECT a.batch_id FROM analyses a
                    WHERE \(choice.condition) AND a.user_id = \(owner) AND a.binned_at IS NOT NULL))
                ORDER BY id FOR NO KEY UPDATE
                """)
            let back = try await connection.query(AnalysisLifecycle.restored(choice, owner: owner))
                .map { try $0.decode(UUID.self) }
            try await connection.execute(
                """
                UPDATE batches SET binned_at = NULL WHERE user_id = \(owner) AND binned_at IS NOT NULL
                  AND (id = \(batch) OR id IN (SELECT batch_id FROM analyses WHERE id = ANY(\(back))))
                """)
            return back.count
        }
    }

    /// Deletes analyses for good with their photos, previews and pending jobs, in the bin or not; returns how many of them the
    /// owner had.
    ///
    /// What waits or is in work is cancelled first, so that a batch that ends by it is told of. The person's counts stay: they count what was analysed, not what is kept.
    @discardableResult
    package func delete(_ ids: [UUID], owner: UUID) async throws -> Int {
        try await changing(stopping: .some(ids), owner: owner) { connection in
            try await connection.query(AnalysisLifecycle.deleted(.some(ids), owner: owner)).count
        }
    }

    /// Deletes those of a list for good that are in their owner's bin; returns how many there were.
    package func deleteFromBin(_ ids: [UUID], owner: UUID) async throws -> Int {
        try await database.query(AnalysisLifecycle.deleted(.someInBin(ids), owner: owner)).count
    }

    /// Deletes what is in a person's bin for good, ``mostEmptied`` at most; returns how many that were.
    package func emptyBin(owner: UUID) async throws -> Int {
        var total = 0
        var count = Self.portion
        while count == Self.portion, total < Self.mostEmptied, !Task.isCancelled {
            count = try await database.query(AnalysisLifecycle.emptied(owner: owner, limit: Self.portion)).count
            total += count
        }
        try await deleteEmptyBatches("b.user_id = \(owner) AND b.binned_at IS NOT NULL")
        return total
    }

    /// Deletes batches, called `b`, that are without photos, in the bin (binned_at) or not.
    ///
    /// Whoever adds one (``BatchReference``) holds the batch: those are passed over, since a statement that waits for them sees
    /// no photo that came meanwhile. For the same reason another one, behind the lock, looks again.
    package func deleteEmptyBatches(_ condition: Statement) async throws {
        let isEmpty: Statement = "NOT EXISTS (SELECT 1 FROM analyses a WHERE a.batch_id = b.id)"
        try await database.withTransaction { connection in
            let chosen = try await connection.query(
                "SELECT b.id FROM batches b WHERE \(condition) AND \(isEmpty) FOR UPDATE SKIP LOCKED"
            ).map { try $0.decode(UUID.self) }
            guard !chosen.isEmpty else { return }
            try await connection.execute("DELETE FROM batches b WHERE b.id = ANY(\(chosen)) AND \(isEmpty)")
        }
    }

    /// A page of what is in a person's bin, last deleted first, behind the cursor.
    package func bin(
        owner: UUID, filter: HistoryFilter = HistoryFilter(), before cursor: ListCursor? = nil, limit: Int
    ) async throws -> HistorySlice {
        let sorting = ListSorting(key: "binned_at") { $0.binnedAt ?? $0.submittedAt }
        return try await slice("binned_at IS NOT NULL", owner, filter, sorting, before: cursor, limit: limit)
    }

    /// How much is in a person's bin.
    package func binFigures(owner: UUID) async throws -> BinFigures {
        let row = try await database.first(
            """
            SELECT count(*), coalesce(sum(photo_bytes), 0)::bigint
            FROM analyses WHERE user_id = \(owner) AND binned_at IS NOT NULL
            """)
        let (photos, bytes) = try row?.decode((Int, Int).self) ?? (0, 0)
        return BinFigures(photos: photos, bytes: bytes)
    }
}
