package import Foundation
import Postgres

/// An address that a link, sent to it, confirms.
package struct AddressConfirmation: Sendable, Equatable {
    /// Whose it is, as the account is before.
    package let user: User
    /// The address that the link was sent to.
    package let email: String
    /// Whether the account gets it only then.
    package var isChange: Bool { email != user.email }
}

/// What became of a link that confirms an address.
package enum AddressConfirming: Sendable, Equatable {
    /// The address is confirmed, and if it is a new one, the account's from now on.
    case confirmed(AddressConfirmation)
    /// Another account has got the address meanwhile; nothing was changed.
    case taken(AddressConfirmation)
    /// The link does not work (any more).
    case expired
}

extension AccountStore {
    /// Makes a link with which whoever reads an address confirms it, once, within a day. Links made before stop working.
    ///
    /// - Parameter email: where it is sent to.
    /// - Returns: What the link holds; nil when the address is not to be confirmed (any more), or was sent one in the last so
    ///   many seconds.
    package func makeConfirmationToken(
        for userID: UUID, at email: String, notWithin seconds: Int
    ) async throws -> String? {
        try await database.withTransaction { connection in
            // Of two who ask at once, the second waits here and then finds the first one's link.
            let row = try await connection.first(
                """
                SELECT coalesce(pending_email, CASE WHEN email_confirmed_at IS NULL THEN email END)
                FROM users WHERE id = \(userID) AND disabled_at IS NULL FOR UPDATE
                """)
            guard let waiting = try row?.decode(String?.self), waiting == email,
                try await !isConfirmationSent(to: email, of: userID, within: seconds, on: connection)
            else { return nil }
            try await connection.execute(
                "DELETE FROM account_links WHERE user_id = \(userID) AND kind = 'confirm'")
            return try await makeLink(
                "confirm", userID, sentTo: email, lifetime: LinkLifetime.confirmation, on: connection)
        }
    }

    /// Whether an address was sent a link in the last so many seconds that works still.
    package func isConfirmationSent(to email: String, of userID: UUID, within seconds: Int) async throws -> Bool {
        try await isConfirmationSent(to: email, of: userID, within: seconds, on: database)
    }

    private func isConfirmationSent(
        to email: String, of userID: UUID, within seconds: Int, on session: some PostgresSession
    ) async throws -> Bool {
        try await session.first(
            """
            SELECT 1 AS found FROM account_links
            WHERE user_id = \(userID) AND kind = 'confirm' AND email = \(email)
              AND created_at > now() - make_interval(secs => \(Double(seconds)))
            """) != nil
    }

    /// What a link would confirm; nil for one that does not work (any more).
    package func confirmation(token text: String) async throws -> AddressConfirmation? {
        guard let token = RandomToken(untrusted: text) else { return nil }
        return try await confirmation(token, on: database)
    }

    /// Confirms an address by a link, which then works no more. A new address becomes the account's, and links that were sent to
    /// the former one end.
    package func confirmAddress(token text: String) async throws -> AddressConfirming {
        guard let token = RandomToken(untrusted: text), let found = try await confirmation(token, on: database) else {
            return .expired
        }
        do {
            return try await database.withTransaction { connection in
                try await Self.lock(found.user.id, on: connection)
                // Whoever used the same link, or changed the account, was quicker.
                guard let now = try await confirmation(token, on: connection) else { return .expired }
                return try await confirm(now, token, on: connection)
            }
        } catch let error as PostgresError where error.isUniqueViolation {
            return .taken(found)
        }
    }

    private func confirm(
        _ confirmation: AddressConfirmation, _ token: RandomToken, on connection: Connection
    ) async throws -> AddressConfirming {
        let (id, email) = (confirmation.user.id, confirmation.email)
        let others = try await connection.first(
            "SELECT 1 AS found FROM users WHERE lower(email) = lower(\(email)) AND id <> \(id)")
        guard others == nil else { return .taken(confirmation) }
        try await connection.execute(
            """
            WITH used AS (
                DELETE FROM account_links
                WHERE user_id = \(id) AND (token_hash = \(token.hash) OR \(confirmation.isChange)))
            UPDATE users SET email = \(email), pending_email = NULL, email_confirmed_at = now() WHERE id = \(id)
            """)
        return .confirmed(confirmation)
    }

    private func confirmation(
        _ token: RandomToken, on session: some PostgresSession
    ) async throws -> AddressConfirmation? {
        let row = try await session.first(
            """
            SELECT \(unescaped: Self.columns), l.email AS sent_to FROM account_links l JOIN users u ON u.id = l.user_id
            WHERE l.token_hash = \(token.hash) AND l.kind = 'confirm' AND l.expires_at > now() AND u.disabled_at IS NULL
              AND l.email = coalesce(u.pending_email, CASE WHEN u.email_confirmed_at IS NULL THEN u.email END)
            """)
        return try row.map { AddressConfirmation(user: try User(row: $0), email: try $0["sent_to", as: String.self]) }
    }

    /// Leaves an account's address as it is: the one that waits for its confirmation is forgotten, with its link.
    /// - Returns: false when there was none.
    package func keepAddress(of userID: UUID) async throws -> Bool {
        try await database.withTransaction { connection in
            try await Self.lock(userID, on: connection)
            return try await connection.execute(
                """
                WITH ended AS (
                    DELETE FROM account_links USING users u
                    WHERE account_links.user_id = u.id AND u.id = \(userID) AND account_links.kind = 'confirm'
                      AND account_links.email = u.pending_email)
                UPDATE users SET pending_email = NULL WHERE id = \(userID) AND pending_email IS NOT NULL
                """) == 1
        }
    }
}
