import Foundation
import Logging
import Postgres

/// What the database itself knows of a bench's photos: the clock that no client disturbs.
struct BenchDatabase: Sendable {
    let pool: ConnectionPool

    /// Photos that have not ended.
    func open() async throws -> Int {
        try await number("SELECT count(*) FROM analyses WHERE status IN ('queued', 'processing')")
    }

    /// Photos that ended since `start`.
    func ended(since start: Date) async throws -> Int {
        try await number("SELECT count(*) FROM analyses WHERE submitted_at >= \(start) AND finished_at IS NOT NULL")
    }

    /// Whether an analysis has ended with a result.
    func isFinished(_ id: String) async throws -> Bool {
        guard let id = UUID(uuidString: id) else { return false }
        return try await number("SELECT count(*) FROM analyses WHERE id = \(id) AND status = 'finished'") == 1
    }

    /// The database's own time.
    func now() async throws -> Date {
        guard let row = try await pool.first("SELECT clock_timestamp()") else { return .now }
        return try row.decode(Date.self)
    }

    /// Photos per second between the moments when a tenth and nineteen twentieths of them had ended: without the
    /// processes' start, and without the end, when the last photos no longer fill all of them.
    func rate(since start: Date) async throws -> Double {
        let row = try await pool.first(
            """
            SELECT (0.85 * count(*) / extract(epoch FROM percentile_disc(0.95) WITHIN GROUP (ORDER BY finished_at)
                                             - percentile_disc(0.10) WITHIN GROUP (ORDER BY finished_at)))::float8
            FROM analyses WHERE submitted_at >= \(start) AND status = 'finished'
            """)
        return try row?.decode(Double.self) ?? 0
    }

    /// Analyses by state since `start`, and their most frequent errors.
    func outcomes(since start: Date) async throws -> [(outcome: String, count: Int)] {
        try await pool.query(
            """
            SELECT CASE WHEN error_code IS NULL THEN status ELSE status || ' (' || error_code || ')' END AS outcome,
                   count(*) AS count
            FROM analyses WHERE submitted_at >= \(start) GROUP BY 1 ORDER BY 2 DESC
            """
        ).map { row in (try row["outcome", as: String.self], try row["count", as: Int.self]) }
    }

    /// What people's counters say: finished and failed together.
    func counted() async throws -> Int {
        try await number("SELECT coalesce(sum(finished_count + failed_count), 0)::bigint FROM users")
    }

    private func number(_ statement: Statement) async throws -> Int {
        try await pool.first(statement)?.decode(Int.self) ?? 0
    }
}
