import Foundation
import Postgres

/// A password that was right, and the account as it was then.
///
/// Looking at a password takes a while: it waits for its turn, and is hashed. Meanwhile its owner may have changed it, or
/// switched a second factor on, which ends all sessions. So what a log-in begins looks once more, see ``AccountStore``.
package struct ShownPassword: Sendable {
    package let user: User
    /// Against which it was right.
    let hash: String
}

extension AccountStore {
    /// Takes the account's row until the transaction ends. Whatever ends sessions does so before it looks for them: a log-in
    /// under way has begun its session by then, or finds the account as it is afterwards.
    static func lock(_ userID: UUID, on connection: Connection) async throws {
        try await connection.execute("SELECT 1 FROM users WHERE id = \(userID) FOR NO KEY UPDATE")
    }

    /// Whether a session of the account, which is not disabled, is there still: what was asked from it takes effect only then. After
    /// ``lock(_:on:)`` it stays so until the transaction ends.
    static func goesOn(_ sessionToken: String, of userID: UUID, on connection: Connection) async throws -> Bool {
        guard let token = RandomToken(untrusted: sessionToken) else { return false }
        return try await connection.first(
            """
            SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id
            WHERE s.token_hash = \(token.hash) AND u.id = \(userID) AND u.disabled_at IS NULL
            """) != nil
    }

    /// Whether the password is still the account's, which is not disabled and asks for a code as it did; it stays so until
    /// the transaction ends.
    func holds(_ shown: ShownPassword, on connection: Connection) async throws -> Bool {
        let row = try await connection.first(
            """
            SELECT 1 FROM users
            WHERE id = \(shown.user.id) AND password_hash = \(shown.hash) AND disabled_at IS NULL FOR SHARE
            """)
        guard row != nil else { return false }
        // A statement of its own: one that waited for the row reads other tables as they were before.
        let factor = try await connection.first(
            "SELECT 1 FROM second_factors WHERE user_id = \(shown.user.id) AND confirmed_at IS NOT NULL")
        return (factor != nil) == shown.user.hasSecondFactor
    }
}
