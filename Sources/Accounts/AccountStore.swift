package import Foundation
import Logging
package import Passwords
package import Postgres

/// Accounts, their sessions and tokens, as the database keeps them; for the site and for `mien user`.
package struct AccountStore: Sendable {
    package let database: ConnectionPool
    package let hasher: PasswordHasher

    package static let columns = """
        u.id, u.name, u.email, u.is_admin, u.finished_count, u.failed_count, u.created_at, u.time_zone, u.theme,
        EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS has_second_factor,
        u.password_hash IS NOT NULL AS has_password,
        (SELECT string_agg(i.issuer, ' ' ORDER BY i.issuer) FROM identities i WHERE i.user_id = u.id) AS issuers,
        u.email_confirmed_at IS NOT NULL AS is_email_confirmed, u.pending_email
        """

    /// Makes a store.
    package init(database: ConnectionPool, hasher: PasswordHasher = PasswordHasher()) {
        self.database = database
        self.hasher = hasher
    }

    /// Makes an account.
    /// - Parameter isConfirmed: false where a link that is sent to the address is to confirm it.
    /// - Throws: ``AccountErrors`` for what the person can correct; `PasswordError` and `PostgresError` otherwise.
    package func register(
        name: String, email: String, password: String, timeZone: String? = nil, isAdmin: Bool = false,
        isConfirmed: Bool = true
    ) async throws -> User {
        let details = try AccountDetails.check(name: name, email: email, password: password).get()
        let hash = try await hasher.hash(details.password, for: .registration)
        return try await insert(
            details, hash: hash, timeZone: timeZone, isAdmin: isAdmin, isConfirmed: isConfirmed, on: database)
    }

    package func insert(
        _ details: AccountDetails, hash: String, timeZone: String?, isAdmin: Bool, isConfirmed: Bool = true,
        on session: some PostgresSession
    ) async throws -> User {
        try await insert(
            name: details.name, email: details.email, hash: hash, timeZone: timeZone, isAdmin: isAdmin,
            isConfirmed: isConfirmed, on: session)
    }

    private func insert(
        name: String, email: String, hash: String?, timeZone: String?, isAdmin: Bool, isConfirmed: Bool = true,
        on session: some PostgresSession
    ) async throws -> User {
        // A browser may name a zone that this build does not know: that is no reason to refuse an account.
        let zone = timeZone.flatMap(TimeZoneChoice.zone)?.identifier ?? TimeZoneChoice.utc
        let row = try await session.first(
            """
            INSERT INTO users AS u (id, name, email, password_hash, is_admin, time_zone, email_confirmed_at)
            VALUES (\(UUID()), \(name), \(email), \(hash), \(isAdmin), \(zone),
                CASE WHEN \(isConfirmed) THEN now() END)
            ON CONFLICT (lower(email)) DO NOTHING RETURNING \(unescaped: Self.columns)
            """)
        guard let row else { throw AccountErrors(errors: [.emailTaken]) }
        return try User(row: row)
    }

    /// The person whom address and password belong to, or nil; a session is started with what is returned.
    ///
    /// An unknown address, and one whose account has no password, cost the same hash as a wrong password, so neither answer nor
    /// time tells which it was. An account that is being deleted is as unknown as it is going to be.
    /// - Throws: ``AccountDisabled`` when both are right and the account is disabled: it is told to nobody else.
    package func authenticate(
        email: String, password: String, for purpose: PasswordHasher.Purpose = .logIn
    ) async throws -> ShownPassword? {
        let email = email.trimmingCharacters(in: .whitespacesAndNewlines)
        let row =
            try await AccountDetails.problem(withEmail: email) == nil
            ? database.first(
                """
                SELECT \(unescaped: Self.columns), u.password_hash, u.disabled_at IS NOT NULL AS is_disabled FROM users u
                WHERE lower(u.email) = lower(\(email)) AND u.leaving_at IS NULL
                """)
            : nil
        let hash = try row.flatMap { try $0["password_hash", as: String?.self] }
        let isRight = try await hasher.verify(
            String(password.prefix(1024)), against: hash ?? hasher.nobodysHash, for: purpose)
        guard isRight, let row, let hash else { return nil }
        guard try !row["is_disabled", as: Bool.self] else { throw AccountDisabled() }
        let user = try User(row: row)
        guard hasher.needsRehash(hash) else { return ShownPassword(user: user, hash: hash) }
        let renewed = try await hasher.hash(password, for: purpose)
        let changed = try await database.execute(
            "UPDATE users SET password_hash = \(renewed) WHERE id = \(user.id) AND password_hash = \(hash)")
        // Somebody was quicker: another log-in, with the same password, or its owner, with a new one.
        guard changed == 1 else { return try await authenticate(email: email, password: password, for: purpose) }
        return ShownPassword(user: user, hash: renewed)
    }

    /// Finds an account by its address, in whatever case.
    package func user(email: String) async throws -> User? {
        try await database.first(
            "SELECT \(unescaped: Self.columns) FROM users u WHERE lower(u.email) = lower(\(email))"
        ).map(User.init(row:))
    }

    /// Finds an account by its id, a disabled one too.
    package func anyUser(_ id: UUID) async throws -> User? {
        try await database.first("SELECT \(unescaped: Self.columns) FROM users u WHERE u.id = \(id)")
            .map(User.init(row:))
    }

    /// All accounts, oldest first.
    package func users() async throws -> [User] {
        try await database.query("SELECT \(unescaped: Self.columns) FROM users u ORDER BY u.created_at, u.id")
            .map(User.init(row:))
    }

    /// Makes somebody an administrator, or no longer one.
    package func setAdmin(_ isAdmin: Bool, of userID: UUID) async throws {
        try await Self.setAdmin(isAdmin, of: userID, on: database)
    }

    static func setAdmin(_ isAdmin: Bool, of userID: UUID, on session: some PostgresSession) async throws {
        try await session.execute("UPDATE users SET is_admin = \(isAdmin) WHERE id = \(userID)")
    }

    /// Makes an account for somebody else, who gets in by a link that sets the password; it has none until then.
    /// - Throws: ``AccountErrors`` for what the person can correct.
    package func invite(name: String, email: String, isAdmin: Bool = false) async throws -> User {
        let problems = AccountDetails.problems(withName: name, email: email)
        guard problems.isEmpty else { throw AccountErrors(errors: problems) }
        return try await insert(
            name: AccountDetails.kept(name: name),
            email: email.trimmingCharacters(in: .whitespacesAndNewlines), hash: nil, timeZone: nil, isAdmin: isAdmin,
            on: database)
    }

    /// Ends all sessions and API tokens of an account.
    package func signOut(_ userID: UUID) async throws {
        try await database.execute(
            """
            WITH ended AS (DELETE FROM sessions WHERE user_id = \(userID)),
            pending AS (DELETE FROM pending_log_ins WHERE user_id = \(userID)),
            trips AS (DELETE FROM provider_trips WHERE user_id = \(userID))
            DELETE FROM api_tokens WHERE user_id = \(userID)
            """)
    }

    /// Disables an account, which ends its sessions and makes its tokens useless, or enables it again.
    /// - Throws: ``AccountLeaving`` when it is being deleted, or is gone, and so cannot be enabled.
    package func setDisabled(_ isDisabled: Bool, of userID: UUID) async throws {
        try await database.withTransaction { connection in
            try await Self.setDisabled(isDisabled, of: userID, on: connection)
        }
    }

    static func setDisabled(_ isDisabled: Bool, of userID: UUID, on connection: Connection) async throws {
        try await lock(userID, on: connection)
        let changed = try await connection.execute(
            """
            WITH ended AS (DELETE FROM sessions WHERE user_id = \(userID) AND \(isDisabled)),
            pending AS (DELETE FROM pending_log_ins WHERE user_id = \(userID) AND \(isDisabled))
            UPDATE users SET disabled_at = CASE WHEN \(isDisabled) THEN now() END
            WHERE id = \(userID) AND (\(isDisabled) OR leaving_at IS NULL)
            """)
        if !isDisabled, changed == 0 { throw AccountLeaving() }
    }
}

extension User {
    package init(row: Row) throws {
        self.init(
            id: try row["id", as: UUID.self],
            name: try row["name", as: String.self],
            email: try row["email", as: String.self],
            isAdmin: try row["is_admin", as: Bool.self],
            finishedCount: try row["finished_count", as: Int.self],
            failedCount: try row["failed_count", as: Int.self],
            createdAt: try row["created_at", as: Date.self],
            timeZone: try row["time_zone", as: String.self],
            // One that only a later release knows is no reason to show no page.
            theme: Theme(rawValue: try row["theme", as: String.self]) ?? .system,
            hasSecondFactor: try row["has_second_factor", as: Bool.self],
            hasPassword: try row["has_password", as: Bool.self],
            // They are addresses, without a space.
            issuers: (try row["issuers", as: String?.self] ?? "").split(separator: " ").map(String.init),
            isEmailConfirmed: try row["is_email_confirmed", as: Bool.self],
            pendingEmail: try row["pending_email", as: String?.self])
    }
}
