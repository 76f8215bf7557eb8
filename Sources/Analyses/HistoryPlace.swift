package import Foundation
import Postgres

/// Where one analysis stands among its owner's, newest first.
package struct HistoryPlace: Sendable, Equatable {
    /// The next newer and the next older one; nil at the ends.
    package let newer: UUID?
    package let older: UUID?
    /// How many are newer and older; neither is counted further than ``limit``.
    package let newerCount: Int
    package let olderCount: Int

    /// Nobody minds the difference between 1,000 and 100,000, and counting costs.
    package static let limit = 1_000

    package init(newer: UUID?, older: UUID?, newerCount: Int, olderCount: Int) {
        self.newer = newer
        self.older = older
        self.newerCount = newerCount
        self.olderCount = olderCount
    }
}

extension AnalysisStore {
    /// The neighbours of an analysis in its owner's history, and its place there.
    ///
    /// Each part walks the index `analyses_history` from this analysis on, and no further than it has to; the counts
    /// are in order too, so that nothing but the index is read for them.
    package func placeInHistory(_ analysis: Analysis, owner: UUID) async throws -> HistoryPlace {
        let (at, id) = (analysis.submittedAt, analysis.id)
        let mine: Statement = "user_id = \(owner) AND binned_at IS NULL"
        let row = try await database.first(
            """
            SELECT
                (SELECT id FROM analyses WHERE \(mine) AND (submitted_at, id) > (\(at), \(id))
                 ORDER BY submitted_at, id LIMIT 1),
                (SELECT id FROM analyses WHERE \(mine) AND (submitted_at, id) < (\(at), \(id))
                 ORDER BY submitted_at DESC, id DESC LIMIT 1),
                (SELECT count(*) FROM (
                    SELECT 1 FROM analyses WHERE \(mine) AND (submitted_at, id) > (\(at), \(id))
                    ORDER BY submitted_at, id LIMIT \(HistoryPlace.limit)) AS newer),
                (SELECT count(*) FROM (
                    SELECT 1 FROM analyses WHERE \(mine) AND (submitted_at, id) < (\(at), \(id))
                    ORDER BY submitted_at DESC, id DESC LIMIT \(HistoryPlace.limit)) AS older)
            """)
        guard let (newer, older, newerCount, olderCount) = try row?.decode((UUID?, UUID?, Int, Int).self) else {
            return HistoryPlace(newer: nil, older: nil, newerCount: 0, olderCount: 0)
        }
        return HistoryPlace(newer: newer, older: older, newerCount: newerCount, olderCount: olderCount)
    }
}
