package import Contracts
package import Foundation
package import Postgres

/// The pictures that workers have handed over. No page reads them: they are hidden until the result of the same attempt is
/// recorded, whose transaction makes previews of them.
package enum HandedPictures {
    /// Stores the pictures of an attempt, in the place of what the same attempt sent before.
    ///
    /// - Returns: false when the analysis is not in that attempt (any more).
    package static func store(
        _ pictures: Pictures, of id: UUID, generation: Int, attempt: Int, in session: any PostgresSession
    ) async throws -> Bool {
        // Nothing in the bin is in work. The lock lets no cancellation and no result in between, after which nobody would miss what is stored here.
        try await session.execute(
            .often(
                """
                INSERT INTO handed_pictures (analysis_id, generation, attempt, annotated, clean, thumbnail)
                SELECT id, generation, attempts, \(pictures.annotated)::bytea, \(pictures[.clean])::bytea,
                       \(pictures[.thumbnail])::bytea
                FROM analyses
                WHERE id = \(id) AND generation = \(generation) AND attempts = \(attempt) AND status = 'processing'
                FOR SHARE
                ON CONFLICT (analysis_id, generation, attempt) DO UPDATE
                SET annotated = excluded.annotated, clean = excluded.clean, thumbnail = excluded.thumbnail,
                    handed_at = now()
                """)) == 1
    }

    /// Whether a result says that its pictures were handed over, could still be recorded, and they are not there.
    static func lack(_ result: ResultMessage, _ id: UUID, on connection: Connection) async throws -> Bool {
        guard case .analysis(let analysis)? = result.outcome, analysis.isHandedOver else { return false }
        return try await connection.first(
            .often(
                """
                SELECT 1 FROM analyses a
                WHERE a.id = \(id) AND a.generation = \(Int(result.generation)) AND a.status IN ('queued', 'processing')
                  AND NOT EXISTS (
                    SELECT 1 FROM handed_pictures h
                    WHERE h.analysis_id = a.id AND h.generation = a.generation AND h.attempt = \(Int(result.attempt)))
                """)) != nil
    }

    /// Makes previews of the pictures of an attempt.
    ///
    /// - Throws: `Missing` when they are not there.
    static func reveal(_ id: UUID, generation: Int, attempt: Int, on connection: Connection) async throws {
        let revealed = try await connection.execute(
            .often(
                """
                INSERT INTO previews (analysis_id, annotated, clean, thumbnail)
                SELECT analysis_id, annotated, clean, thumbnail FROM handed_pictures
                WHERE analysis_id = \(id) AND generation = \(generation) AND attempt = \(attempt)
                ON CONFLICT (analysis_id) DO UPDATE
                SET annotated = excluded.annotated, clean = excluded.clean, thumbnail = excluded.thumbnail
                """))
        guard revealed == 1 else { throw Missing() }
    }

    /// Deletes what was handed over for an analysis that has ended, of whichever attempt.
    package static func drop(_ id: UUID, on connection: Connection) async throws {
        try await connection.execute(.often("DELETE FROM handed_pictures WHERE analysis_id = \(id)"))
    }

    /// Deletes what can never count: of analyses that have ended otherwise or are in a later try; and what is a day old, because
    /// no result is under way for longer (the topic's retention).
    ///
    /// - Returns: for how many attempts that was.
    @discardableResult
    package static func sweep(_ database: any PostgresSession) async throws -> Int {
        try await database.execute(
            """
            DELETE FROM handed_pictures h USING analyses a
            WHERE a.id = h.analysis_id
              AND (a.generation <> h.generation OR a.status NOT IN ('queued', 'processing')
                OR h.handed_at < now() - interval '1 day')
            """)
    }

    /// They were deleted between two statements of one transaction: the next try finds a result without pictures.
    struct Missing: Error {}
}

extension Pictures {
    /// The annotated one, which only workers send from before it was drawn on demand.
    var annotated: [UInt8]? { self[.annotated].isEmpty ? nil : self[.annotated] }
}
