package import Foundation
import Postgres

/// A token with which a program acts for a person.
package struct APIToken: Sendable, Equatable {
    /// The token's id, by which it is revoked.
    package let id: UUID
    /// What its owner calls it.
    package let label: String
    /// When it was made.
    package let createdAt: Date
    /// When it was last used, to the hour.
    package let usedAt: Date?
}

extension AccountStore {
    /// Makes an API token; its text is returned once and kept nowhere.
    package func makeToken(for userID: UUID, label: String) async throws -> (token: APIToken, text: String) {
        let secret = RandomToken.make(prefix: "mien_")
        let row = try await database.first(
            """
            INSERT INTO api_tokens (id, user_id, token_hash, label)
            VALUES (\(UUID()), \(userID), \(secret.hash), \(Self.text(label, limit: 100)))
            RETURNING id, label, created_at, used_at
            """)
        guard let row else { throw MissingRow() }
        return (try APIToken(row: row), secret.text)
    }

    /// The tokens of a person, oldest first.
    package func tokens(of userID: UUID) async throws -> [APIToken] {
        try await database.query(
            "SELECT id, label, created_at, used_at FROM api_tokens WHERE user_id = \(userID) ORDER BY created_at, id"
        ).map(APIToken.init(row:))
    }

    /// Revokes a token; false when the person has no such token.
    @discardableResult
    package func revokeToken(_ id: UUID, of userID: UUID) async throws -> Bool {
        try await database.execute("DELETE FROM api_tokens WHERE id = \(id) AND user_id = \(userID)") == 1
    }

    /// The person for whom a token acts, or nil when it is unknown or the account disabled.
    package func user(apiToken: String) async throws -> User? {
        guard let token = RandomToken(untrusted: apiToken) else { return nil }
        let row = try await database.first(
            """
            SELECT \(unescaped: Self.columns),
                t.used_at IS NULL OR t.used_at < now() - interval '1 hour' AS stale
            FROM api_tokens t JOIN users u ON u.id = t.user_id
            WHERE t.token_hash = \(token.hash) AND u.disabled_at IS NULL
            """)
        guard let row else { return nil }
        if try row["stale", as: Bool.self] {
            try await database.execute("UPDATE api_tokens SET used_at = now() WHERE token_hash = \(token.hash)")
        }
        return try User(row: row)
    }

    /// An INSERT with RETURNING that returned nothing: PostgreSQL rules that out.
    struct MissingRow: Error {}
}

extension APIToken {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row["id", as: UUID.self],
            label: try row["label", as: String.self],
            createdAt: try row["created_at", as: Date.self],
            usedAt: try row["used_at", as: Date?.self])
    }
}
