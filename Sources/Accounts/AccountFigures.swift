import Foundation
import Postgres

/// How many analyses a person has, month by month.
package struct MonthlyCount: Sendable, Equatable {
    package let year: Int
    /// From 1.
    package let month: Int
    package let finished: Int
    package let failed: Int
}

extension AccountStore {
    /// The last twelve months in the person's time zone, oldest first, those without an analysis included.
    package func monthlyCounts(of user: User) async throws -> [MonthlyCount] {
        try await database.query(
            """
            WITH months AS (
                SELECT generate_series(
                    date_trunc('month', now() AT TIME ZONE \(user.timeZone)) - interval '11 months',
                    date_trunc('month', now() AT TIME ZONE \(user.timeZone)), interval '1 month') AS month),
            counts AS (
                SELECT date_trunc('month', submitted_at AT TIME ZONE \(user.timeZone)) AS month,
                    count(*) FILTER (WHERE status = 'finished') AS finished,
                    count(*) FILTER (WHERE status = 'failed') AS failed
                FROM analyses
                WHERE user_id = \(user.id) AND binned_at IS NULL AND submitted_at > now() - interval '13 months'
                GROUP BY 1)
            SELECT extract(year FROM m.month)::int8, extract(month FROM m.month)::int8,
                coalesce(c.finished, 0), coalesce(c.failed, 0)
            FROM months m LEFT JOIN counts c ON c.month = m.month ORDER BY m.month
            """
        ).map { row in
            let (year, month, finished, failed) = try row.decode((Int, Int, Int, Int).self)
            return MonthlyCount(year: year, month: month, finished: finished, failed: failed)
        }
    }
}
