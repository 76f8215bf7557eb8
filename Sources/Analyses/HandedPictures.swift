package import Contracts
package import Foundation
package import Postgres

/// The pictures that workers hand over. They lie among the previews from then on, where no page sees them until the result is
/// recorded: whoever reads previews asks whether the analysis has finished.
package enum HandedPictures {
    /// Stores the pictures of an attempt, in the place of what this one or an earlier one sent before.
    ///
    /// - Returns: false when the analysis is not in that attempt (any more).
    package static func store(
        _ pictures: Pictures, of id: UUID, generation: Int, attempt: Int, in session: any PostgresSession
    ) async throws -> Bool {
        // Nothing in the bin is in work. The lock lets no cancellation and no result in between: after a cancellation nobody would
        // miss what is stored here, after a result it would take the place of what is shown.
        try await session.execute(
            .often(
                """
                INSERT INTO previews (analysis_id, generation, annotated, clean, thumbnail)
                SELECT id, generation, \(pictures.annotated)::bytea, \(pictures[.clean])::bytea,
                       \(pictures[.thumbnail])::bytea
                FROM analyses
                WHERE id = \(id) AND generation = \(generation) AND attempts = \(attempt) AND status = 'processing'
                FOR SHARE
                ON CONFLICT (analysis_id) DO UPDATE
                SET generation = excluded.generation, annotated = excluded.annotated, clean = excluded.clean,
                    thumbnail = excluded.thumbnail
                """)) == 1
    }

    /// Whether a result says that its pictures were handed over, could still be recorded, and they are not there.
    ///
    /// Those of another attempt of the same try do: they are of the same photo.
    static func lack(_ result: ResultMessage, _ id: UUID, on connection: Connection) async throws -> Bool {
        guard case .analysis(let analysis)? = result.outcome, analysis.isHandedOver else { return false }
        return try await connection.first(
            .often(
                """
                SELECT 1 FROM analyses a
                WHERE a.id = \(id) AND a.generation = \(Int(result.generation)) AND a.status IN ('queued', 'processing')
                  AND NOT EXISTS (
                    SELECT 1 FROM previews p WHERE p.analysis_id = a.id AND p.generation = a.generation)
                """)) != nil
    }

    /// Deletes what can never count: of analyses that ended without a result.
    ///
    /// - Returns: of how many.
    @discardableResult
    package static func sweep(_ database: any PostgresSession) async throws -> Int {
        // Of one that is tried again meanwhile the statement sees the pictures as they have become, and the analysis as it was.
        try await database.execute(
            """
            DELETE FROM previews p USING analyses a
            WHERE a.id = p.analysis_id AND a.status IN ('failed', 'cancelled') AND p.generation <= a.generation
            """)
    }
}

extension Pictures {
    /// The annotated one, which only workers send from before it was drawn on demand.
    var annotated: [UInt8]? { self[.annotated].isEmpty ? nil : self[.annotated] }
}
