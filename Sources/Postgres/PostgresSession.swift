// Postgres exists so that the rest of Mien speaks to PostgreSQL in Swift terms (typed statements and rows, a bounded
// pool, transactions, notifications, migrations), while libpq waits on threads that nobody else needs.

/// Something that runs statements: a pool, or one connection inside a transaction.
public protocol PostgresSession: Sendable {
    /// Runs a statement and returns its rows.
    /// - Throws: `PostgresError`.
    func query(_ statement: Statement) async throws -> [Row]

    /// Runs a statement and returns how many rows it changed (or selected).
    /// - Throws: `PostgresError`.
    @discardableResult
    func execute(_ statement: Statement) async throws -> Int
}

extension PostgresSession {
    /// Runs a statement and returns its first row, or `nil` when there is none.
    /// - Throws: `PostgresError`.
    public func first(_ statement: Statement) async throws -> Row? {
        try await query(statement).first
    }
}
