package import Foundation
package import Postgres

/// Thrown where an account that is being deleted would be enabled again.
package struct AccountLeaving: Error {}

/// Deleting accounts, with everything that belongs to them: photos and results, in the bin or not, sessions, tokens.
///
/// An account is closed by one statement. What belongs to it goes in portions, because a hundred thousand photos take longer
/// than a statement, or whoever asked, may wait; whatever ends in between, the next sweep goes on.
extension AccountStore {
    /// The NOTIFY channel that wakes whoever finishes it.
    package static let leavingChannel = "mien_leaving"
    /// Photos deleted by one statement, so that none holds locks for long.
    static let portion = 200

    /// Closes an account for good: nobody can use it from now on, and it cannot be enabled again.
    /// - Returns: false when there is no such account.
    @discardableResult
    package func leave(_ userID: UUID) async throws -> Bool {
        try await Self.leave(userID, on: database)
    }

    @discardableResult
    static func leave(_ userID: UUID, on session: some PostgresSession) async throws -> Bool {
        try await session.first(
            """
            WITH ended AS (DELETE FROM sessions WHERE user_id = \(userID)),
            pending AS (DELETE FROM pending_log_ins WHERE user_id = \(userID)),
            closed AS (
                UPDATE users SET disabled_at = coalesce(disabled_at, now()), leaving_at = coalesce(leaving_at, now())
                WHERE id = \(userID) RETURNING id)
            SELECT 1 FROM closed WHERE pg_notify(\(leavingChannel), '') IS NOT NULL
            """) != nil
    }

    /// Closes an account and deletes all of it.
    /// - Returns: false when it is not gone: there was none, or somebody else is still deleting its last photos.
    @discardableResult
    package func delete(_ userID: UUID) async throws -> Bool {
        guard try await leave(userID) else { return false }
        return try await Self.finish(userID, on: database)
    }

    /// Deletes all accounts that are closed for good. Several may do it at the same time.
    /// - Returns: how many are gone.
    @discardableResult
    package static func finishLeaving(on database: any PostgresSession) async throws -> Int {
        let closed = try await database.query(
            "SELECT id FROM users WHERE leaving_at IS NOT NULL ORDER BY leaving_at, id"
        )
        .map { try $0.decode(UUID.self) }
        var gone = 0
        for id in closed where !Task.isCancelled {
            if try await finish(id, on: database) { gone += 1 }
        }
        return gone
    }

    /// What the audit log says of it loses address and details, and by the database's own rule the account's id.
    private static func finish(_ userID: UUID, on database: any PostgresSession) async throws -> Bool {
        while !Task.isCancelled,
            try await database.execute(
                """
                DELETE FROM analyses WHERE id IN (
                    SELECT id FROM analyses WHERE user_id = \(userID) ORDER BY id LIMIT \(portion) FOR UPDATE SKIP LOCKED)
                """) > 0
        {}
        try await database.execute(
            """
            WITH cleared AS (
                UPDATE audit_log SET address = '', detail = '' WHERE actor_id = \(userID) OR subject_id = \(userID))
            DELETE FROM users WHERE id = \(userID) AND NOT EXISTS (SELECT 1 FROM analyses WHERE user_id = \(userID))
            """)
        return try await database.first("SELECT 1 FROM users WHERE id = \(userID)") == nil
    }
}
