package import Foundation
import Passwords
import Postgres

extension AccountStore {
    /// How long one-time links work.
    enum LinkLifetime {
        /// To set a new password: a day.
        static let reset = 86_400
        /// To confirm an address: a day.
        static let confirmation = 86_400
        /// To make the first administrator's account: a week.
        static let firstAdministrator = 7 * 86_400
    }

    /// Makes a link with which whoever has it sets a new password of the account, once, within a day. Links made before
    /// stop working.
    /// - Returns: What the link holds; the database keeps its SHA-256 only.
    package func makeResetToken(for userID: UUID) async throws -> String {
        try await database.withTransaction { try await makeResetToken(for: userID, sentTo: nil, on: $0) }
    }

    /// As `makeResetToken(for:)`, but nil when one was made in the last so many seconds.
    /// - Parameter email: where it is sent to; nil is the answer too when that is the account's address no more, or the account
    ///   is disabled or being deleted: the link would open nothing.
    package func makeResetToken(for userID: UUID, at email: String, notWithin seconds: Int) async throws -> String? {
        try await database.withTransaction { connection in
            // Of two who ask at once, the second waits here and then finds the first one's link.
            let row = try await connection.first(
                "SELECT email FROM users WHERE id = \(userID) AND disabled_at IS NULL FOR UPDATE")
            guard try row?.decode(String.self) == email else { return nil }
            let recent = try await connection.first(
                """
                SELECT 1 AS found FROM account_links
                WHERE user_id = \(userID) AND kind = 'reset'
                  AND created_at > now() - make_interval(secs => \(Double(seconds)))
                """)
            return recent == nil ? try await makeResetToken(for: userID, sentTo: email, on: connection) : nil
        }
    }

    private func makeResetToken(
        for userID: UUID, sentTo email: String?, on connection: Connection
    ) async throws -> String {
        try await connection.execute("DELETE FROM account_links WHERE user_id = \(userID) AND kind = 'reset'")
        return try await makeLink("reset", userID, sentTo: email, lifetime: LinkLifetime.reset, on: connection)
    }

    /// Makes a link for the first administrator's account; nil when there is an administrator already. Links made before
    /// work on until one of them is used: whoever starts the site a second time kills none that was handed over.
    package func makeFirstAdministratorToken() async throws -> String? {
        try await database.withTransaction { connection in
            guard try await !hasAdministrator(on: connection) else { return nil }
            return try await makeLink("first_admin", nil, lifetime: LinkLifetime.firstAdministrator, on: connection)
        }
    }

    /// Whose password a link sets; nil for a link that does not work (any more).
    package func user(resetToken: String) async throws -> User? {
        guard let token = RandomToken(untrusted: resetToken) else { return nil }
        return try await database.first(
            """
            SELECT \(unescaped: Self.columns) FROM account_links l JOIN users u ON u.id = l.user_id
            WHERE l.token_hash = \(token.hash) AND l.kind = 'reset' AND l.expires_at > now() AND u.disabled_at IS NULL
            """
        ).map(User.init(row:))
    }

    /// Sets a new password by a link, which then works no more, and ends all sessions and, unless they are kept, all
    /// API tokens. No provider opens the account any more: whoever had got in may have connected it with themselves. A second
    /// factor stays on: who reads the mail gets no further without it. A link that came by mail confirms its address; a new
    /// address that waits for its confirmation is forgotten, whoever asked for it.
    /// - Returns: Whose it was; nil for a link that does not work (any more).
    /// - Throws: ``AccountErrors`` when the password is refused; the link still works then.
    package func resetPassword(_ password: String, token text: String, keepingTokens: Bool = false) async throws
        -> User?
    {
        guard let token = RandomToken(untrusted: text), let user = try await user(resetToken: text) else { return nil }
        if let problem = AccountDetails.problem(withPassword: password, name: user.name, email: user.email) {
            throw AccountErrors(errors: [problem])
        }
        let hash = try await hasher.hash(password, for: .logIn)
        // Of two people with the same link, one is too late.
        let changed = try await database.withTransaction { connection in
            try await Self.lock(user.id, on: connection)
            return try await connection.execute(
                """
                WITH used AS (
                    DELETE FROM account_links WHERE token_hash = \(token.hash) AND kind = 'reset' AND expires_at > now()
                    RETURNING user_id, email),
                links AS (
                    DELETE FROM account_links USING used
                    WHERE account_links.user_id = used.user_id AND account_links.kind = 'confirm'),
                ended AS (DELETE FROM sessions USING used WHERE sessions.user_id = used.user_id),
                pending AS (DELETE FROM pending_log_ins USING used WHERE pending_log_ins.user_id = used.user_id),
                others AS (DELETE FROM identities USING used WHERE identities.user_id = used.user_id),
                trips AS (DELETE FROM provider_trips USING used WHERE provider_trips.user_id = used.user_id),
                tokens AS (
                    DELETE FROM api_tokens USING used WHERE api_tokens.user_id = used.user_id AND NOT \(keepingTokens))
                UPDATE users SET password_hash = \(hash), pending_email = NULL,
                    email_confirmed_at = coalesce(
                        users.email_confirmed_at, CASE WHEN used.email = users.email THEN now() END)
                FROM used WHERE users.id = used.user_id
                """)
        }
        return changed == 1 ? user : nil
    }

    /// Whether a link for the first administrator's account works.
    package func isFirstAdministratorToken(_ text: String) async throws -> Bool {
        guard let token = RandomToken(untrusted: text) else { return false }
        let row = try await database.first(
            """
            SELECT 1 AS found FROM account_links
            WHERE token_hash = \(token.hash) AND kind = 'first_admin' AND expires_at > now()
            """)
        guard row != nil else { return false }
        return try await !hasAdministrator()
    }

    /// Makes the first administrator's account by a link, which then works no more.
    /// - Returns: nil for a link that does not work (any more).
    /// - Throws: as `register` does; the link still works then.
    package func registerFirstAdministrator(
        name: String, email: String, password: String, timeZone: String?, token text: String
    ) async throws -> User? {
        guard let token = RandomToken(untrusted: text), try await isFirstAdministratorToken(text) else { return nil }
        let details = try AccountDetails.check(name: name, email: email, password: password).get()
        let hash = try await hasher.hash(details.password, for: .logIn)
        return try await database.withTransaction { connection in
            // Of two with the same link, the second waits here until the first has used it, or not.
            let used = try await connection.execute(
                """
                DELETE FROM account_links
                WHERE token_hash = \(token.hash) AND kind = 'first_admin' AND expires_at > now()
                """)
            guard used == 1, try await !hasAdministrator(on: connection) else { return nil }
            return try await insert(details, hash: hash, timeZone: timeZone, isAdmin: true, on: connection)
        }
    }

    /// Whether anybody may use the operations pages.
    package func hasAdministrator() async throws -> Bool { try await hasAdministrator(on: database) }

    private func hasAdministrator(on session: some PostgresSession) async throws -> Bool {
        try await session.first("SELECT 1 AS found FROM users WHERE is_admin AND disabled_at IS NULL LIMIT 1") != nil
    }

    /// Deletes links that have expired.
    @discardableResult
    func sweepLinks() async throws -> Int {
        try await database.execute("DELETE FROM account_links WHERE expires_at <= now()")
    }

    /// Lets a link whose letter may not have gone out hold up no other. It works on: a server that answered too late may have
    /// taken the letter all the same.
    func passOverLink(_ text: String) async throws {
        guard let token = RandomToken(untrusted: text) else { return }
        try await database.execute(
            "UPDATE account_links SET created_at = '-infinity' WHERE token_hash = \(token.hash)")
    }

    func makeLink(
        _ kind: String, _ userID: UUID?, sentTo email: String? = nil, lifetime: Int, on connection: Connection
    ) async throws -> String {
        let token = RandomToken.make()
        try await connection.execute(
            """
            INSERT INTO account_links (token_hash, kind, user_id, email, expires_at)
            VALUES (\(token.hash), \(kind), \(userID), \(email), now() + make_interval(secs => \(Double(lifetime))))
            """)
        return token.text
    }
}
