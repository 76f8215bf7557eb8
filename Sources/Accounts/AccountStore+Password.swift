import Passwords
import Postgres

extension AccountStore {
    /// Sets a new password and ends every session, every one-time link and, unless they are kept, every API token of
    /// the account; no provider opens it any more. A new address that waits for its confirmation is forgotten: somebody else
    /// may have asked for it.
    /// - Throws: ``AccountErrors`` when the password is refused.
    package func setPassword(_ password: String, of user: User, keepingTokens: Bool = false) async throws {
        _ = try await replacePassword(password, of: user, keepingTokens: keepingTokens, session: nil)
    }

    /// As `setPassword(_:of:keepingTokens:)`, but the account stays connected, and the session from which it was asked goes on,
    /// under a new token: a token that somebody else has got hold of ends with the old password.
    /// - Returns: The session's new token; nil when the session has ended meanwhile, such as by another new password, and
    ///   nothing was changed.
    package func setPassword(
        _ password: String, of user: User, keepingTokens: Bool, renewing sessionToken: String
    ) async throws -> String? {
        let renewed = RandomToken.make()
        let isDone = try await replacePassword(
            password, of: user, keepingTokens: keepingTokens, session: (sessionToken, renewed))
        return isDone ? renewed.text : nil
    }

    private func replacePassword(
        _ password: String, of user: User, keepingTokens: Bool, session: (former: String, renewed: RandomToken)?
    ) async throws -> Bool {
        if let problem = AccountDetails.problem(withPassword: password, name: user.name, email: user.email) {
            throw AccountErrors(errors: [problem])
        }
        let hash = try await hasher.hash(password)
        let former = session.flatMap { RandomToken(untrusted: $0.former) }?.hash ?? []
        let renewed = session?.renewed.hash ?? []
        // The old password, and what was opened with it, end together or not at all.
        return try await database.withTransaction { connection in
            try await Self.lock(user.id, on: connection)
            if session != nil {
                let renewals = try await connection.execute(
                    "UPDATE sessions SET token_hash = \(renewed) WHERE user_id = \(user.id) AND token_hash = \(former)")
                guard renewals == 1 else { return false }
            }
            try await connection.execute(
                """
                WITH ended AS (DELETE FROM sessions WHERE user_id = \(user.id) AND token_hash <> \(renewed)),
                pending AS (DELETE FROM pending_log_ins WHERE user_id = \(user.id)),
                links AS (DELETE FROM account_links WHERE user_id = \(user.id)),
                others AS (DELETE FROM identities WHERE user_id = \(user.id) AND \(session == nil)),
                trips AS (DELETE FROM provider_trips WHERE user_id = \(user.id) AND \(session == nil)),
                tokens AS (DELETE FROM api_tokens WHERE user_id = \(user.id) AND NOT \(keepingTokens))
                UPDATE users SET password_hash = \(hash), pending_email = NULL WHERE id = \(user.id)
                """)
            return true
        }
    }
}
