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
        self.name = name.trimmingCharacters(in: .whitespacesAndNewlines)
        self.email = email.trimmingCharacters(in: .whitespacesAndNewlines)
        self.timeZone = timeZone
        self.theme = theme
    }
}

extension AccountStore {
    /// Changes name, address, time zone and theme.
    /// - Throws: ``AccountErrors`` for what the person can correct.
    package func change(_ user: User, to profile: ProfileChange) async throws {
        guard profile.problems.isEmpty, let theme = profile.theme else { throw AccountErrors(errors: profile.problems) }
        let changed = try await database.execute(
            """
            UPDATE users SET name = \(profile.name), email = \(profile.email), time_zone = \(profile.timeZone),
                theme = \(theme.rawValue)
            WHERE id = \(user.id)
              AND NOT EXISTS (SELECT 1 FROM users o WHERE lower(o.email) = lower(\(profile.email)) AND o.id <> \(user.id))
            """)
        guard changed == 1 else { throw AccountErrors(errors: [.emailTaken]) }
    }

    /// Whether a password is the person's; costs what a log-in costs.
    package func isPassword(_ password: String, of userID: UUID) async throws -> Bool {
        let row = try await database.first("SELECT password_hash FROM users WHERE id = \(userID)")
        guard let hash = try row?["password_hash", as: String?.self] else { return false }
        return try await hasher.verify(String(password.prefix(1024)), against: hash)
    }

    /// Deletes an account with everything that belongs to it: photos and results, in the bin or not, sessions, tokens. What the audit log says
    /// of it loses address and details, and by the database's own rule the account's id.
    ///
    /// Nobody can use the account from the first statement on; photos go in batches, because a hundred thousand of them
    /// take longer than a statement may.
    /// - Returns: false when there is no such account.
    @discardableResult
    package func delete(_ userID: UUID) async throws -> Bool {
        try await setDisabled(true, of: userID)
        while try await database.execute(
            "DELETE FROM analyses WHERE id IN (SELECT id FROM analyses WHERE user_id = \(userID) LIMIT 500)") > 0
        {}
        return try await database.execute(
            """
            WITH cleared AS (
                UPDATE audit_log SET address = '', detail = '' WHERE actor_id = \(userID) OR subject_id = \(userID))
            DELETE FROM users WHERE id = \(userID)
            """) == 1
    }
}
