package import Foundation
import Postgres

/// What became of several photos that were to get tags.
package struct TagChange: Sendable, Equatable {
    /// How many have other tags now.
    package let changed: Int
    /// How many were left as they are because they would have had too many.
    package let full: Int
}

extension AnalysisStore {
    /// Adds tags to those that are the owner's, behind the ones that they have.
    ///
    /// - Parameter tags: as ``AnalysisInformation/tags(_:)`` reads them.
    package func addTags(_ tags: [String], to ids: [UUID], owner: UUID) async throws -> TagChange {
        let row = try await database.first(
            """
            WITH chosen AS (
                SELECT id, tags || ARRAY(
                    SELECT tag FROM unnest(\(tags)) WITH ORDINALITY AS new (tag, place)
                    WHERE tag <> ALL(analyses.tags) ORDER BY place) AS merged
                FROM analyses WHERE id = ANY(\(ids)) AND user_id = \(owner) AND binned_at IS NULL
                ORDER BY id FOR UPDATE),
            changed AS (
                UPDATE analyses a SET tags = chosen.merged FROM chosen
                WHERE a.id = chosen.id AND cardinality(chosen.merged) <= \(AnalysisInformation.maxTags)
                  AND chosen.merged <> a.tags
                RETURNING 1)
            SELECT (SELECT count(*) FROM changed),
                (SELECT count(*) FROM chosen WHERE cardinality(merged) > \(AnalysisInformation.maxTags))
            """)
        let (changed, full) = try row?.decode((Int, Int).self) ?? (0, 0)
        return TagChange(changed: changed, full: full)
    }

    /// Takes tags from those that are the owner's; returns how many had one of them.
    package func removeTags(_ tags: [String], from ids: [UUID], owner: UUID) async throws -> Int {
        try await database.execute(
            """
            WITH chosen AS (
                SELECT id FROM analyses
                WHERE id = ANY(\(ids)) AND user_id = \(owner) AND binned_at IS NULL AND tags && \(tags)
                ORDER BY id FOR UPDATE)
            UPDATE analyses a SET tags = ARRAY(
                SELECT tag FROM unnest(a.tags) WITH ORDINALITY AS old (tag, place)
                WHERE tag <> ALL(\(tags)) ORDER BY place)
            FROM chosen WHERE a.id = chosen.id
            """)
    }
}
