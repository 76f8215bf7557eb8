import Foundation
import Postgres

extension AccountStore {
    /// How long the code may be entered after the password, in seconds.
    package static let pendingLifetime = 600

    /// Remembers that somebody has shown a person's password, and has to show a code before a session starts.
    /// - Returns: The token for the cookie; it opens the page that asks for the code and nothing else. Nil when the
    ///   password, or the account, is not as it was shown any more.
    package func beginLogIn(after shown: ShownPassword) async throws -> String? {
        try await database.withTransaction { connection in
            guard try await holds(shown, on: connection) else { return nil }
            return try await beginLogIn(of: shown.user.id, byProvider: false, isFresh: false, on: connection)
        }
    }

    /// The same, where a provider has recognised the person.
    package func beginLogIn(after shown: ShownIdentity) async throws -> String? {
        try await database.withTransaction { connection in
            guard try await holds(shown, on: connection) else { return nil }
            return try await beginLogIn(
                of: shown.user.id, byProvider: true, isFresh: shown.isFresh, on: connection)
        }
    }

    private func beginLogIn(
        of userID: UUID, byProvider: Bool, isFresh: Bool, on session: some PostgresSession
    ) async throws -> String {
        let token = RandomToken.make()
        try await session.execute(
            """
            WITH swept AS (
                DELETE FROM pending_log_ins WHERE user_id = \(userID)
                    AND begun_at <= now() - make_interval(secs => \(Double(Self.pendingLifetime))))
            INSERT INTO pending_log_ins (token_hash, user_id, by_provider, provider_confirmed_at)
            VALUES (\(token.hash), \(userID), \(byProvider), CASE WHEN \(isFresh) THEN now() END)
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

    /// Whether a provider has recognised the person.
    package func isByProvider(pendingToken: String) async throws -> Bool {
        guard let token = RandomToken(untrusted: pendingToken) else { return false }
        return try await database.first(
            "SELECT by_provider FROM pending_log_ins WHERE token_hash = \(token.hash)")?.decode(Bool.self) ?? false
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
