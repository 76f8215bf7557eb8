package import Foundation
import Postgres

extension AccountStore {
    /// Whose identity it is, and whether an administrator has disabled their account; nil when nobody here has it.
    package func user(identity: ProviderIdentity) async throws -> (user: User, isDisabled: Bool)? {
        try await database.first(
            """
            SELECT \(unescaped: Self.columns), u.disabled_at IS NOT NULL AS is_disabled
            FROM identities i JOIN users u ON u.id = i.user_id
            WHERE i.issuer = \(identity.issuer) AND i.subject = \(identity.subject)
            """
        ).map { (try User(row: $0), try $0["is_disabled", as: Bool.self]) }
    }

    /// Makes an account without a password for somebody whom a provider has recognised.
    /// - Throws: ``AccountErrors`` when another account has the address, which is not taken over, or the identity.
    package func register(
        _ profile: ProviderProfile, by identity: ProviderIdentity, isAdmin: Bool = false
    ) async throws -> User {
        let zone = profile.timeZone.flatMap(TimeZoneChoice.zone)?.identifier ?? TimeZoneChoice.utc
        let id = UUID()
        return try await database.withTransaction { connection in
            let made = try await connection.execute(
                """
                INSERT INTO users (id, name, email, password_hash, is_admin, time_zone)
                VALUES (\(id), \(profile.name), \(profile.email), NULL, \(isAdmin), \(zone))
                ON CONFLICT (lower(email)) DO NOTHING
                """)
            guard made == 1 else { throw AccountErrors(errors: [.emailTaken]) }
            let connected = try await connection.execute(
                """
                INSERT INTO identities (issuer, subject, user_id, used_at)
                VALUES (\(identity.issuer), \(identity.subject), \(id), now()) ON CONFLICT DO NOTHING
                """)
            guard connected == 1 else { throw AccountErrors(errors: [.emailTaken]) }
            let row = try await connection.first("SELECT \(unescaped: Self.columns) FROM users u WHERE u.id = \(id)")
            guard let row else { throw MissingRow() }
            return try User(row: row)
        }
    }

    /// What became of an identity that was to be connected.
    package enum Connecting: Sendable, Equatable {
        case connected
        /// It is this account's already.
        case already
        /// It is another account's.
        case others
        /// The account has another one of the same provider.
        case hasAnother
    }

    /// Connects an identity with an account, which it then opens, for an operator.
    package func connect(_ identity: ProviderIdentity, with userID: UUID) async throws -> Connecting {
        let made = try await database.withTransaction { connection in
            try await Self.lock(userID, on: connection)
            return try await Self.insert(identity, of: userID, on: connection)
        }
        return try await connecting(identity, with: userID, made: made)
    }

    /// The same for the account's owner.
    ///
    /// - Parameter sessionToken: of the session from which it was asked, before the provider was.
    /// - Returns: nil when the session has ended meanwhile, such as by a new password, and nothing was connected.
    package func connect(
        _ identity: ProviderIdentity, with userID: UUID, from sessionToken: String
    ) async throws -> Connecting? {
        let made: Int? = try await database.withTransaction { connection in
            try await Self.lock(userID, on: connection)
            guard try await Self.goesOn(sessionToken, of: userID, on: connection) else { return nil }
            return try await Self.insert(identity, of: userID, on: connection)
        }
        guard let made else { return nil }
        return try await connecting(identity, with: userID, made: made)
    }

    private static func insert(
        _ identity: ProviderIdentity, of userID: UUID, on connection: Connection
    ) async throws -> Int {
        try await connection.execute(
            """
            INSERT INTO identities (issuer, subject, user_id) VALUES (\(identity.issuer), \(identity.subject), \(userID))
            ON CONFLICT DO NOTHING
            """)
    }

    private func connecting(_ identity: ProviderIdentity, with userID: UUID, made: Int) async throws -> Connecting {
        if made == 1 { return .connected }
        guard let owner = try await user(identity: identity) else { return .hasAnother }
        return owner.user.id == userID ? .already : .others
    }

    /// Takes an account's identities away, where a password opens it besides; sessions that one of them opened end, but the one
    /// that goes on.
    ///
    /// - Parameters:
    ///   - issuer: of that provider alone; nil for all.
    ///   - token: of the session that goes on; it counts as opened by the password from now on.
    ///   - always: also where nothing opens the account then, until a link for a password is used.
    /// - Returns: false when nothing was taken away.
    package func disconnect(
        _ userID: UUID, issuer: String? = nil, keeping token: String? = nil, always: Bool = false
    ) async throws -> Bool {
        let kept = token.flatMap { RandomToken(untrusted: $0) }?.hash ?? []
        return try await database.withTransaction { connection in
            // The row is held, so that nobody takes the password away meanwhile.
            let row = try await connection.first(
                "SELECT password_hash IS NOT NULL AS has_password FROM users WHERE id = \(userID) FOR UPDATE")
            guard let row, try row["has_password", as: Bool.self] || always else { return false }
            let gone = try await connection.execute(
                """
                DELETE FROM identities WHERE user_id = \(userID) AND (issuer = \(issuer) OR \(issuer == nil))
                """)
            guard gone > 0 else { return false }
            try await connection.execute(
                """
                WITH trips AS (DELETE FROM provider_trips WHERE user_id = \(userID)),
                pending AS (DELETE FROM pending_log_ins WHERE user_id = \(userID) AND by_provider),
                ended AS (DELETE FROM sessions WHERE user_id = \(userID) AND by_provider AND token_hash <> \(kept))
                UPDATE sessions SET by_provider = false WHERE user_id = \(userID) AND token_hash = \(kept)
                """)
            return true
        }
    }

    /// A person's identities, oldest first.
    package func identities(of userID: UUID) async throws -> [ConnectedIdentity] {
        try await database.query(
            """
            SELECT issuer, subject, connected_at, used_at FROM identities
            WHERE user_id = \(userID) ORDER BY connected_at, issuer
            """
        ).map { row in
            let (issuer, subject, connected, used) = try row.decode((String, String, Date, Date?).self)
            return ConnectedIdentity(
                identity: ProviderIdentity(issuer: issuer, subject: subject), connectedAt: connected, usedAt: used)
        }
    }

    /// Remembers that an identity has opened its account now.
    package func use(_ identity: ProviderIdentity) async throws {
        try await database.execute(
            """
            UPDATE identities SET used_at = now()
            WHERE issuer = \(identity.issuer) AND subject = \(identity.subject)
            """)
    }

    /// What became of somebody's being an administrator.
    package enum AdministratorChange: Sendable, Equatable {
        case none, made, unmade
        /// They stay one: there is no other.
        case lastOne
    }

    /// Makes somebody an administrator or no longer one, as their provider says; the last one who can log in stays one.
    ///
    /// - Parameters:
    ///   - issuer: of the provider by whose word people log in.
    ///   - takesPasswords: whether they do by a password too.
    package func setAdmin(
        _ isAdmin: Bool, byProviderOf userID: UUID, issuer: String, takesPasswords: Bool
    ) async throws -> AdministratorChange {
        try await database.withTransaction { connection in
            // Of two who lose it at once, the second waits, and then sees that the first has lost it.
            try await Self.holdAdministrators(and: userID, on: connection)
            let was = try await connection.first("SELECT is_admin FROM users WHERE id = \(userID)")
            guard let was = try was?.decode(Bool.self), was != isAdmin else { return .none }
            let others = try await connection.first(
                """
                SELECT 1 AS found FROM users u WHERE u.is_admin AND u.disabled_at IS NULL AND u.id <> \(userID)
                    AND (\(takesPasswords) AND u.password_hash IS NOT NULL
                        OR EXISTS (SELECT 1 FROM identities i WHERE i.user_id = u.id AND i.issuer = \(issuer)))
                LIMIT 1
                """)
            guard isAdmin || others != nil else { return .lastOne }
            try await Self.setAdmin(isAdmin, of: userID, on: connection)
            return isAdmin ? .made : .unmade
        }
    }
}
