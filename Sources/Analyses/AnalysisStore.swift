package import Foundation
package import Postgres

/// Reads and changes analyses. Every query names the owner itself, so nobody else's row can come back.
package struct AnalysisStore: Sendable {
    package let database: ConnectionPool

    package init(database: ConnectionPool) {
        self.database = database
    }

    package static let columns = """
        id, user_id, status, lane, title, subject, notes, file_name, content_type, photo_bytes, submitted_at,
        started_at, finished_at, attempts, width, height, preview_width, preview_height, faces::text, model_name,
        model_version, timings_ms::text, error_code, error_message, batch_id, array_to_string(tags, chr(10)) AS tags,
        to_char(taken_at, 'YYYY-MM-DD"T"HH24:MI') AS taken_at, queued_at, generation,
        keep_photo, delete_after, binned_at, placed_corrections(faces, corrections)::text AS corrections,
        (SELECT d.id FROM analyses d WHERE d.id = analyses.duplicate_of AND d.binned_at IS NULL) AS duplicate_of
        """

    /// One analysis of its owner, or nil; what is in the bin is not here, nor anywhere else but there.
    package func find(_ id: UUID, owner: UUID) async throws -> Analysis? {
        let row = try await database.first(
            .often(
                """
                SELECT \(unescaped: Self.columns) FROM analyses
                WHERE id = \(id) AND user_id = \(owner) AND binned_at IS NULL
                """))
        return try row.map(Analysis.init(row:))
    }

    /// The newest analyses of a person.
    package func recent(owner: UUID, limit: Int) async throws -> [Analysis] {
        try await history(owner: owner, before: nil, limit: limit).items
    }

    /// The newest analyses of a person that have not failed.
    package func recentWithoutFailures(owner: UUID, limit: Int) async throws -> [Analysis] {
        try await slice(
            "binned_at IS NULL AND status <> 'failed'", owner, HistoryFilter(), .newest, before: nil, limit: limit
        ).items
    }

    /// Places in the queue are counted up to this one: nobody minds the difference, and counting costs.
    package static let maxPlace = 1_000

    /// How many jobs of the same lane were queued before this one and wait still, with this one; nil when it does not wait.
    package func placeInQueue(_ analysis: Analysis) async throws -> Int? {
        guard analysis.status == .queued else { return nil }
        let row = try await database.first(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM analyses
                WHERE status = 'queued' AND lane = \(analysis.lane.rawValue)
                  AND (queued_at, id) < (\(analysis.queuedAt ?? analysis.submittedAt), \(analysis.id))
                LIMIT \(Self.maxPlace)) AS earlier
            """)
        return try row.map { try $0.decode(Int.self) + 1 }
    }

    /// Seconds from a worker's taking a photo to its result, as half of those that were finished last needed at most,
    /// whoever sent them; nil when there are none.
    ///
    /// Not from the queue: after a rush, those that are over would tell of a queue that is there no more.
    package func usualSeconds() async throws -> Double? {
        try await database.first(
            """
            SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at)::float8)
            FROM (SELECT status, finished_at, started_at FROM analyses WHERE finished_at IS NOT NULL
                  ORDER BY finished_at DESC LIMIT 50) AS newest
            WHERE \(AnalysisStatus.condition([.finished])) AND started_at IS NOT NULL
            """)?.decode(Double?.self)
    }

    /// How many photos of the other lane go before one of this lane, wherever it stands; counted up to ``maxPlace``.
    package func countAhead(of lane: AnalysisLane) async throws -> Int {
        guard lane == .bulk else { return 0 }
        return try await database.first(
            """
            SELECT count(*) FROM (SELECT 1 FROM analyses WHERE status = 'queued' AND lane = 'interactive'
                                  LIMIT \(Self.maxPlace)) AS first
            """)?.decode(Int.self) ?? 0
    }

    /// One of the re-encoded pictures, as JPEG, or nil.
    ///
    /// - Parameter inBin: whether it is of what is in the bin, instead of what is not.
    package func preview(_ id: UUID, owner: UUID, kind: PreviewKind, inBin: Bool = false) async throws -> [UInt8]? {
        let row = try await database.first(
            """
            SELECT p.\(unescaped: kind.rawValue) FROM previews p JOIN analyses a ON a.id = p.analysis_id
            WHERE a.id = \(id) AND a.user_id = \(owner) AND a.status = 'finished'
              AND (a.binned_at IS NOT NULL) = \(inBin)
            """)
        return try row?.decode([UInt8].self)
    }

    /// The photo as it was sent, with its media type; nil when the owner has no such analysis, or it is kept no more.
    package func photo(_ id: UUID, owner: UUID) async throws -> (contentType: String, bytes: [UInt8])? {
        let row = try await database.first(
            """
            SELECT a.content_type, p.bytes FROM photos p JOIN analyses a ON a.id = p.analysis_id
            WHERE a.id = \(id) AND a.user_id = \(owner) AND a.binned_at IS NULL
            """)
        return try row?.decode((String, [UInt8]).self)
    }

    /// How many analyses of a person are kept.
    package func count(owner: UUID) async throws -> Int {
        try await database.first("SELECT count(*) FROM analyses WHERE user_id = \(owner) AND binned_at IS NULL")?
            .decode(Int.self) ?? 0
    }

    /// Deletes an analysis for good, with its photo, previews and pending job; false when the owner has no such analysis.
    package func delete(_ id: UUID, owner: UUID) async throws -> Bool {
        try await delete([id], owner: owner) == 1
    }
}

extension Analysis {
    package init(row: Row) throws {
        self.init(
            id: try row["id", as: UUID.self],
            userID: try row["user_id", as: UUID.self],
            status: try Self.word(row["status", as: String.self]),
            lane: try Self.word(row["lane", as: String.self]),
            title: try row["title", as: String.self],
            subject: try row["subject", as: String.self],
            notes: try row["notes", as: String.self],
            fileName: try row["file_name", as: String.self],
            contentType: try row["content_type", as: String.self],
            photoBytes: try row["photo_bytes", as: Int.self],
            submittedAt: try row["submitted_at", as: Date.self],
            startedAt: try row["started_at", as: Date?.self],
            finishedAt: try row["finished_at", as: Date?.self],
            attempts: try row["attempts", as: Int.self],
            width: try row["width", as: Int?.self],
            height: try row["height", as: Int?.self],
            previewWidth: try row["preview_width", as: Int?.self],
            previewHeight: try row["preview_height", as: Int?.self],
            findings: try Self.json(row["faces", as: String?.self]),
            model: try Self.model(row),
            timingsMs: try Self.json(row["timings_ms", as: String?.self]) ?? [:],
            errorCode: try row["error_code", as: String?.self],
            errorMessage: try row["error_message", as: String?.self],
            batchID: try row["batch_id", as: UUID?.self],
            tags: try row["tags", as: String.self].split(separator: "\n").map(String.init),
            takenAt: try row["taken_at", as: String?.self],
            queuedAt: try row["queued_at", as: Date.self],
            generation: try row["generation", as: Int.self],
            keepsPhoto: try row["keep_photo", as: Bool.self],
            deleteAfterDays: try row["delete_after", as: Int?.self],
            duplicateOf: try row["duplicate_of", as: UUID?.self],
            corrections: try Correction.all(in: row["corrections", as: String?.self]),
            binnedAt: try row["binned_at", as: Date?.self])
    }

    private static func model(_ row: Row) throws -> ModelReference? {
        guard let name = try row["model_name", as: String?.self],
            let version = try row["model_version", as: String?.self]
        else { return nil }
        return ModelReference(name: name, version: version)
    }

    private static func json<Value: Decodable>(_ text: String?) throws -> Value? {
        try text.map { try JSONDecoder().decode(Value.self, from: Data($0.utf8)) }
    }

    private static func word<Word: RawRepresentable>(_ text: String) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: text) else { throw UnknownWord(text: text) }
        return word
    }

    /// A status or lane in the database that this build does not know.
    struct UnknownWord: Error { let text: String }
}
