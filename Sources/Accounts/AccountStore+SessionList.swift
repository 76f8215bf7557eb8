package import Foundation
import Postgres

/// A browser in which a person is logged in.
package struct BrowserSession: Sendable, Equatable {
    package let id: UUID
    package let userAgent: String
    package let address: String
    package let createdAt: Date
    /// The last request, to the minute.
    package let seenAt: Date
    /// Whether it is the one that asks.
    package let isCurrent: Bool
}

extension AccountStore {
    /// A person's sessions that still open something, the one that asks first, then the last used.
    package func sessions(of userID: UUID, current token: String?) async throws -> [BrowserSession] {
        let hash = token.flatMap(RandomToken.init(untrusted:))?.hash ?? []
        return try await database.query(
            """
            SELECT id, user_agent, address, created_at, seen_at, token_hash = \(hash) FROM sessions
            WHERE user_id = \(userID)
              AND seen_at > now() - make_interval(secs => \(Double(SessionLimit.idle)))
              AND created_at > now() - make_interval(secs => \(Double(SessionLimit.absolute)))
            ORDER BY 6 DESC, seen_at DESC, id LIMIT 100
            """
        ).map { row in
            let (id, agent, address, created, seen, isCurrent) = try row.decode(
                (UUID, String, String, Date, Date, Bool).self)
            return BrowserSession(
                id: id, userAgent: agent, address: address, createdAt: created, seenAt: seen, isCurrent: isCurrent)
        }
    }

    /// Ends a session of a person's own; false when they have none with this id.
    package func endSession(_ id: UUID, of userID: UUID) async throws -> Bool {
        try await database.execute("DELETE FROM sessions WHERE id = \(id) AND user_id = \(userID)") == 1
    }

    /// Ends all sessions of a person but one.
    /// - Returns: How many they were.
    @discardableResult
    package func endOtherSessions(of userID: UUID, keeping token: String) async throws -> Int {
        let hash = RandomToken(untrusted: token)?.hash ?? []
        return try await database.execute(
            "DELETE FROM sessions WHERE user_id = \(userID) AND token_hash <> \(hash)")
    }
}
