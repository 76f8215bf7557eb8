package import Foundation
import Passwords
import Postgres

/// What a person may change of their account.
package struct ProfileChange: Sendable, Equatable {
    package var name: String
    package var email: String
    package var timeZone: String
    /// Nil for a word that is none.
    package var theme: Theme?

    /// What is wrong with it, for all fields at once.
    package var problems: [AccountError] {
        [
            AccountDetails.problem(withName: name), AccountDetails.problem(withEmail: email),
            TimeZoneChoice.zone(timeZone) == nil ? .timeZoneUnknown : nil,
            theme == nil ? .themeUnknown : nil,
        ].compactMap { $0 }
    }

    package init(name: String, email: String, timeZone: String, theme: Theme? = .system) {
        self.name = AccountDetails.kept(name: name)
        self.email = email.trimmingCharacters(in: .whitespacesAndNewlines)
        self.timeZone = timeZone
        self.theme = theme
    }
}

extension AccountStore {
    /// Changes name, address, time zone and theme. Links for a new password end with the address: one that was sent to the
    /// former opens the account to whoever reads that letterbox.
    /// - Parameter confirming: whether a new address counts only once it is confirmed; the account keeps its own till then.
    /// - Throws: ``AccountErrors`` for what the person can correct.
    package func change(_ user: User, to profile: ProfileChange, confirming: Bool = false) async throws {
        guard profile.problems.isEmpty, let theme = profile.theme else { throw AccountErrors(errors: profile.problems) }
        let changed: Int
        do {
            changed = try await write(profile, theme, of: user.id, confirming: confirming)
        } catch let error as PostgresError where error.isUniqueViolation {
            // Somebody else has got the address since it was looked for.
            changed = 0
        }
        guard changed == 1 else { throw AccountErrors(errors: [.emailTaken]) }
    }

    private func write(
        _ profile: ProfileChange, _ theme: Theme, of userID: UUID, confirming: Bool
    ) async throws -> Int {
        try await database.withTransaction { connection in
            // Whoever makes a link to be sent takes the row too: it is made before, and ends here, or is not made.
            let row = try await connection.first("SELECT email FROM users WHERE id = \(userID) FOR NO KEY UPDATE")
            let changed = try await connection.execute(
                """
                UPDATE users SET name = \(profile.name), time_zone = \(profile.timeZone), theme = \(theme.rawValue)
                WHERE id = \(userID)
                  AND NOT EXISTS (
                    SELECT 1 FROM users o WHERE lower(o.email) = lower(\(profile.email)) AND o.id <> \(userID))
                """)
            if changed == 1, try row?.decode(String.self) != profile.email {
                try await setEmail(profile.email, of: userID, confirming: confirming, on: connection)
            }
            return changed
        }
    }

    private func setEmail(
        _ email: String, of userID: UUID, confirming: Bool, on connection: Connection
    ) async throws {
        if confirming {
            // A link that the same address was sent just now works on.
            try await connection.execute(
                """
                WITH ended AS (
                    DELETE FROM account_links WHERE user_id = \(userID) AND kind = 'confirm' AND email <> \(email))
                UPDATE users SET pending_email = \(email) WHERE id = \(userID)
                """)
        } else {
            try await connection.execute(
                """
                WITH ended AS (DELETE FROM account_links WHERE user_id = \(userID))
                UPDATE users SET email = \(email), pending_email = NULL, email_confirmed_at = now() WHERE id = \(userID)
                """)
        }
    }

    /// Whether a password is the person's; costs what a log-in costs.
    package func isPassword(_ password: String, of userID: UUID) async throws -> Bool {
        let row = try await database.first("SELECT password_hash FROM users WHERE id = \(userID)")
        guard let hash = try row?["password_hash", as: String?.self] else { return false }
        return try await hasher.verify(String(password.prefix(1024)), against: hash)
    }
}
