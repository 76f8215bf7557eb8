package import Foundation
import Postgres
import ServiceSupport

extension AccountStore {
    /// How long a browser session lasts.
    package enum SessionLimit {
        /// Without any request, 14 days.
        package static let idle = 14 * 86_400
        /// In all, 90 days.
        package static let absolute = 90 * 86_400
        /// `seen_at` is written at most this often, so that reading pages costs no writes.
        static let seenResolution = 60
        /// For so long after a log-in dangerous acts ask for nothing again, 10 minutes.
        package static let confirmed = 600
    }

    /// Starts a session with a new token, for somebody whose account was made just now.
    /// - Returns: The token for the cookie; the database keeps its SHA-256 only.
    package func startSession(of userID: UUID, userAgent: String, address: String) async throws -> String {
        try await startSession(of: userID, userAgent: userAgent, address: address, on: .person, on: database)
    }

    /// Starts a session for whom a provider has recognised.
    /// - Returns: The token for the cookie; nil when the account is not as it was then any more.
    package func startSession(
        after shown: ShownIdentity, userAgent: String, address: String
    ) async throws -> String? {
        try await database.withTransaction { connection in
            guard try await holds(shown, on: connection) else { return nil }
            return try await startSession(
                of: shown.user.id, userAgent: userAgent, address: address, on: .provider(isFresh: shown.isFresh),
                on: connection)
        }
    }

    /// Starts a session for who has shown the password.
    /// - Returns: The token for the cookie; nil when the password, or the account, is not as it was shown any more.
    package func startSession(
        after shown: ShownPassword, userAgent: String, address: String
    ) async throws -> String? {
        try await database.withTransaction { connection in
            guard try await holds(shown, on: connection) else { return nil }
            return try await startSession(
                of: shown.user.id, userAgent: userAgent, address: address, on: .person, on: connection)
        }
    }

    /// Starts a session for who has shown the password, or was recognised by a provider, and then a code.
    /// - Parameter pendingToken: remembers the first; it works no more afterwards.
    /// - Returns: The token for the cookie; nil when somebody else was quicker, it was too long ago, or the password has
    ///   changed since.
    package func startSession(
        pendingToken: String, userAgent: String, address: String
    ) async throws -> String? {
        guard let token = RandomToken(untrusted: pendingToken) else { return nil }
        return try await database.withTransaction { connection in
            // The account's row first, as whoever changes its password takes it.
            let row = try await connection.first(
                """
                SELECT id FROM users WHERE disabled_at IS NULL
                    AND id = (SELECT user_id FROM pending_log_ins WHERE token_hash = \(token.hash)) FOR SHARE
                """)
            guard let userID = try row?.decode(UUID.self),
                let (byProvider, isFresh) = try await connection.first(
                    """
                    DELETE FROM pending_log_ins WHERE token_hash = \(token.hash)
                        AND begun_at > now() - make_interval(secs => \(Double(Self.pendingLifetime)))
                    RETURNING by_provider, provider_confirmed_at IS NOT NULL
                    """)?.decode((Bool, Bool).self)
            else { return nil }
            return try await startSession(
                of: userID, userAgent: userAgent, address: address,
                on: byProvider ? .provider(isFresh: isFresh) : .person, on: connection)
        }
    }

    /// What opens a session.
    private enum Ground {
        /// What its person has shown here.
        case person
        /// A provider's word; `isFresh` if it has asked them just now.
        case provider(isFresh: Bool)
    }

    private func startSession(
        of userID: UUID, userAgent: String, address: String, on ground: Ground, on session: some PostgresSession
    ) async throws -> String {
        let token = RandomToken.make()
        let (byProvider, isConfirmed) =
            switch ground {
            case .person: (false, true)
            case .provider(let isFresh): (true, isFresh)
            }
        try await session.execute(
            """
            INSERT INTO sessions (token_hash, user_id, user_agent, address, by_provider, confirmed_at)
            VALUES (\(token.hash), \(userID), \(Self.text(userAgent, limit: 300)), \(Self.text(address, limit: 100)),
                \(byProvider), CASE WHEN \(isConfirmed) THEN now() END)
            """)
        return token.text
    }

    /// The person whose session a cookie's token opens, or nil when it is unknown, too old or the account disabled.
    package func user(sessionToken: String) async throws -> User? {
        try await session(sessionToken)?.user
    }

    /// As `user(sessionToken:)`, with how the session was opened.
    package func session(_ sessionToken: String) async throws -> (user: User, isByProvider: Bool)? {
        guard let token = RandomToken(untrusted: sessionToken) else { return nil }
        let row = try await database.first(
            .often(
                """
                SELECT \(unescaped: Self.columns), s.by_provider,
                    s.seen_at < now() - make_interval(secs => \(Double(SessionLimit.seenResolution))) AS stale
                FROM sessions s JOIN users u ON u.id = s.user_id
                WHERE s.token_hash = \(token.hash) AND u.disabled_at IS NULL
                  AND s.seen_at > now() - make_interval(secs => \(Double(SessionLimit.idle)))
                  AND s.created_at > now() - make_interval(secs => \(Double(SessionLimit.absolute)))
                """))
        guard let row else { return nil }
        if try row["stale", as: Bool.self] {
            try await database.execute("UPDATE sessions SET seen_at = now() WHERE token_hash = \(token.hash)")
        }
        return (try User(row: row), try row["by_provider", as: Bool.self])
    }

    /// Gives a session a new token, because its person has shown the password again.
    /// - Returns: The new token; nil when there is no such session.
    package func renewSession(_ sessionToken: String) async throws -> String? {
        guard let token = RandomToken(untrusted: sessionToken) else { return nil }
        let renewed = RandomToken.make()
        let changed = try await database.execute(
            "UPDATE sessions SET token_hash = \(renewed.hash) WHERE token_hash = \(token.hash)")
        return changed == 1 ? renewed.text : nil
    }

    /// Whether the session's person has shown all that a log-in asks for just now, and whether their provider has asked them.
    package func confirmation(of sessionToken: String) async throws -> (isFresh: Bool, isFreshAtProvider: Bool) {
        guard let token = RandomToken(untrusted: sessionToken) else { return (false, false) }
        let row = try await database.first(
            """
            SELECT coalesce(confirmed_at > now() - make_interval(secs => \(Double(SessionLimit.confirmed))), false),
                coalesce(provider_confirmed_at > now() - make_interval(secs => \(Double(SessionLimit.confirmed))), false)
            FROM sessions WHERE token_hash = \(token.hash)
            """)
        return try row?.decode((Bool, Bool).self) ?? (false, false)
    }

    /// Remembers that the provider has asked the session's person again; with a second factor, that is half of it.
    package func confirmAtProvider(_ sessionToken: String, isAll: Bool) async throws {
        guard let token = RandomToken(untrusted: sessionToken) else { return }
        try await database.execute(
            """
            UPDATE sessions SET provider_confirmed_at = now(),
                confirmed_at = CASE WHEN \(isAll) THEN now() ELSE confirmed_at END
            WHERE token_hash = \(token.hash)
            """)
    }

    /// Remembers that they have shown it once more.
    /// - Returns: false when the session has ended meanwhile.
    package func confirmSession(_ sessionToken: String) async throws -> Bool {
        guard let token = RandomToken(untrusted: sessionToken) else { return false }
        return try await database.execute(
            "UPDATE sessions SET confirmed_at = now() WHERE token_hash = \(token.hash)") == 1
    }

    /// Ends one session.
    package func endSession(_ sessionToken: String) async throws {
        guard let token = RandomToken(untrusted: sessionToken) else { return }
        try await database.execute("DELETE FROM sessions WHERE token_hash = \(token.hash)")
    }

    /// Deletes the sessions that have reached a limit.
    /// - Returns: How many they were.
    @discardableResult
    func sweepSessions() async throws -> Int {
        try await database.execute(
            """
            DELETE FROM sessions
            WHERE seen_at <= now() - make_interval(secs => \(Double(SessionLimit.idle)))
               OR created_at <= now() - make_interval(secs => \(Double(SessionLimit.absolute)))
            """)
    }

    /// What a client said of itself or looks for, composed, without what PostgreSQL's text cannot hold, and bounded.
    package static func text(_ value: String, limit: Int) -> String {
        value.withoutNUL.composed.beginning(limit)
    }
}
