public import Foundation
import Passwords
import Postgres

extension AccountStore {
    /// How long one-time links work.
    public enum LinkLifetime {
        /// To set a new password: a day.
        public static let reset = 86_400
        /// To make the first administrator's account: a week.
        public static let firstAdministrator = 7 * 86_400
    }

    /// Makes a link with which whoever has it sets a new password of the account, once, within a day. Links made before
    /// stop working.
    /// - Returns: What the link holds; the database keeps its SHA-256 only.
    public func makeResetToken(for userID: UUID) async throws -> String {
        try await database.execute("DELETE FROM account_links WHERE user_id = \(userID)")
        return try await makeLink("reset", userID, lifetime: LinkLifetime.reset)
    }

    /// As `makeResetToken(for:)`, but nil when one was made in the last so many seconds.
    func makeResetToken(for userID: UUID, notWithin seconds: Int) async throws -> String? {
        let recent = try await database.first(
            """
            SELECT 1 AS found FROM account_links
            WHERE user_id = \(userID) AND created_at > now() - make_interval(secs => \(Double(seconds)))
            """)
        return recent == nil ? try await makeResetToken(for: userID) : nil
    }

    /// Makes a link for the first administrator's account; nil when there is an administrator already.
    public func makeFirstAdministratorToken() async throws -> String? {
        guard try await !hasAdministrator() else { return nil }
        try await database.execute("DELETE FROM account_links WHERE kind = 'first_admin'")
        return try await makeLink("first_admin", nil, lifetime: LinkLifetime.firstAdministrator)
    }

    /// Whose password a link sets; nil for a link that does not work (any more).
    func user(resetToken: String) async throws -> User? {
        guard let token = RandomToken(untrusted: resetToken) else { return nil }
        return try await database.first(
            """
            SELECT \(unescaped: Self.columns) FROM account_links l JOIN users u ON u.id = l.user_id
            WHERE l.token_hash = \(token.hash) AND l.kind = 'reset' AND l.expires_at > now() AND u.disabled_at IS NULL
            """
        ).map(User.init(row:))
    }

    /// Sets a new password by a link, which then works no more, and ends all sessions.
    /// - Returns: Whose it was; nil for a link that does not work (any more).
    /// - Throws: ``AccountErrors`` when the password is refused; the link still works then.
    func resetPassword(_ password: String, token text: String) async throws -> User? {
        guard let token = RandomToken(untrusted: text), let user = try await user(resetToken: text) else { return nil }
        if let problem = AccountDetails.problem(withPassword: password, name: user.name, email: user.email) {
            throw AccountErrors(errors: [problem])
        }
        let hash = try await hasher.hash(password)
        // One statement: of two people with the same link, one is too late.
        let changed = try await database.execute(
            """
            WITH used AS (
                DELETE FROM account_links WHERE token_hash = \(token.hash) AND kind = 'reset' AND expires_at > now()
                RETURNING user_id),
            ended AS (DELETE FROM sessions USING used WHERE sessions.user_id = used.user_id)
            UPDATE users SET password_hash = \(hash) FROM used WHERE users.id = used.user_id
            """)
        return changed == 1 ? user : nil
    }

    /// Whether a link for the first administrator's account works.
    func isFirstAdministratorToken(_ text: String) async throws -> Bool {
        guard let token = RandomToken(untrusted: text) else { return false }
        let row = try await database.first(
            """
            SELECT 1 AS found FROM account_links
            WHERE token_hash = \(token.hash) AND kind = 'first_admin' AND expires_at > now()
            """)
        guard row != nil else { return false }
        return try await !hasAdministrator()
    }

    /// Ends a link; false when it had ended before.
    func useFirstAdministratorToken(_ text: String) async throws -> Bool {
        guard let token = RandomToken(untrusted: text) else { return false }
        return try await database.execute(
            "DELETE FROM account_links WHERE token_hash = \(token.hash) AND kind = 'first_admin' AND expires_at > now()"
        ) == 1
    }

    /// Whether anybody may use the operations pages.
    public func hasAdministrator() async throws -> Bool {
        try await database.first("SELECT 1 AS found FROM users WHERE is_admin AND disabled_at IS NULL LIMIT 1") != nil
    }

    /// Deletes links that have expired.
    @discardableResult
    func sweepLinks() async throws -> Int {
        try await database.execute("DELETE FROM account_links WHERE expires_at <= now()")
    }

    private func makeLink(_ kind: String, _ userID: UUID?, lifetime: Int) async throws -> String {
        let token = RandomToken.make()
        try await database.execute(
            """
            INSERT INTO account_links (token_hash, kind, user_id, expires_at)
            VALUES (\(token.hash), \(kind), \(userID), now() + make_interval(secs => \(Double(lifetime))))
            """)
        return token.text
    }
}
