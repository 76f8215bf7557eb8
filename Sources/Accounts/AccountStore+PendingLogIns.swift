package import Foundation
import Postgres

extension AccountStore {
    /// How long the code may be entered after the password, in seconds.
    package static let pendingLifetime = 600

    /// Remembers that somebody has shown a person's password, or that a provider has recognised them, and that they have to show a
    /// code before a session starts.
    /// - Returns: The token for the cookie; it opens the page that asks for the code and nothing else.
    package func beginLogIn(of userID: UUID, byProvider: Bool = false) async throws -> String {
        let token = RandomToken.make()
        try await database.execute(
            """
            WITH swept AS (
                DELETE FROM pending_log_ins WHERE user_id = \(userID)
                    AND begun_at <= now() - make_interval(secs => \(Double(Self.pendingLifetime))))
            INSERT INTO pending_log_ins (token_hash, user_id, by_provider)
            VALUES (\(token.hash), \(userID), \(byProvider))
            """)
        return token.text
    }

    /// Whose password was shown; nil for a token that opens nothing (any more).
    package func user(pendingToken: String) async throws -> User? {
        guard let token = RandomToken(untrusted: pendingToken) else { return nil }
        return try await database.first(
            """
            SELECT \(unescaped: Self.columns) FROM pending_log_ins p JOIN users u ON u.id = p.user_id
            WHERE p.token_hash = \(token.hash) AND u.disabled_at IS NULL
              AND p.begun_at > now() - make_interval(secs => \(Double(Self.pendingLifetime)))
            """
        ).map(User.init(row:))
    }

    /// Ends it, because the session starts now.
    /// - Returns: whether it was begun by a provider's word; nil when somebody else was quicker, or the password has changed since.
    package func endLogIn(pendingToken: String) async throws -> Bool? {
        guard let token = RandomToken(untrusted: pendingToken) else { return nil }
        return try await database.first(
            "DELETE FROM pending_log_ins WHERE token_hash = \(token.hash) RETURNING by_provider"
        )?.decode(Bool.self)
    }

    /// Deletes those that have taken too long.
    @discardableResult
    func sweepPendingLogIns() async throws -> Int {
        try await database.execute(
            """
            DELETE FROM pending_log_ins
            WHERE begun_at <= now() - make_interval(secs => \(Double(Self.pendingLifetime)))
            """)
    }
}
