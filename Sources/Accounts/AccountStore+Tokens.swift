package import Foundation
import Postgres

/// A token with which a program acts for a person.
package struct APIToken: Sendable, Equatable {
    /// The token's id, by which it is ended.
    package let id: UUID
    /// What its owner calls it.
    package let label: String
    /// How its text begins; empty for one that was made before this was kept.
    package let prefix: String
    /// What it may do.
    package let scopes: Set<TokenScope>
    /// Whether it was made before there were scopes.
    package let isOld: Bool
    package let createdAt: Date
    /// When it was last used, to the hour.
    package let usedAt: Date?
    /// Nil for a token without an end.
    package let expiresAt: Date?
    /// From where it may be used; empty for everywhere.
    package let networks: [String]
}

/// A token that was shown, and what it may do.
package struct TokenGrant: Sendable, Equatable {
    package let id: UUID
    package let scopes: Set<TokenScope>

    package init(id: UUID, scopes: Set<TokenScope>) {
        self.id = id
        self.scopes = scopes
    }
}

/// For whom a token acts.
package struct TokenHolder: Sendable, Equatable {
    package let user: User
    package let grant: TokenGrant
}

/// Why a token opens nothing.
package enum TokenRefusal: Error, Sendable, Equatable {
    /// It is not known, was ended, or its account is disabled.
    case unknown
    /// Its time is over.
    case expired
    /// It may not be used from the client's address.
    case wrongAddress
}

/// A token was asked for with scopes that only an administrator's may have, by somebody who is none.
package struct TokenScopeRefusal: Error, Sendable, Equatable {
    package let scopes: [TokenScope]

    /// What is wrong with the field `scopes`.
    package var message: String {
        "Only an administrator's token may have \(scopes.map(\.rawValue).joined(separator: " and "))."
    }
}

extension AccountStore {
    static let tokenColumns = """
        id, label, prefix, array_to_string(scopes, ' ') AS scopes, created_at, used_at, expires_at,
        array_to_string(networks, ' ') AS networks
        """

    /// Makes an API token; its text is returned once and kept nowhere.
    ///
    /// - Throws: ``TokenScopeRefusal``.
    package func makeToken(
        for userID: UUID, _ request: TokenRequest
    ) async throws -> (token: APIToken, text: String) {
        let secret = RandomToken.make(prefix: "mien_")
        let forAdministrators = TokenScope.allCases.filter { $0.isForAdministrators && request.scopes.contains($0) }
        let networks = request.networks.isEmpty ? nil : request.networks
        let row = try await database.first(
            """
            INSERT INTO api_tokens (id, user_id, token_hash, label, prefix, scopes, expires_at, networks)
            SELECT \(UUID()), u.id, \(secret.hash), \(Self.text(request.label, limit: TokenRequest.maxLabel)),
                    \(String(secret.text.prefix(9))), \(request.scopes.map(\.rawValue).sorted()),
                    now() + make_interval(days => \(request.days)::int), \(networks)::inet[]
            FROM users u WHERE u.id = \(userID) AND (u.is_admin OR \(forAdministrators.isEmpty))
            RETURNING \(unescaped: Self.tokenColumns)
            """)
        guard let row else {
            throw forAdministrators.isEmpty ? MissingRow() : TokenScopeRefusal(scopes: forAdministrators)
        }
        return (try APIToken(row: row), secret.text)
    }

    /// The tokens of a person, oldest first; those whose time is over too.
    package func tokens(of userID: UUID) async throws -> [APIToken] {
        try await database.query(
            """
            SELECT \(unescaped: Self.tokenColumns) FROM api_tokens WHERE user_id = \(userID) ORDER BY created_at, id
            """
        ).map(APIToken.init(row:))
    }

    /// Ends a token; false when the person has no such token.
    @discardableResult
    package func revokeToken(_ id: UUID, of userID: UUID) async throws -> Bool {
        try await database.execute("DELETE FROM api_tokens WHERE id = \(id) AND user_id = \(userID)") == 1
    }

    /// The person for whom a token acts, and what it may do.
    ///
    /// - Parameter address: the client's.
    /// - Throws: ``TokenRefusal``.
    package func holder(ofToken text: String, from address: String) async throws -> TokenHolder {
        guard let token = RandomToken(untrusted: text) else { throw TokenRefusal.unknown }
        let row = try await database.first(
            .often(
                """
                SELECT \(unescaped: Self.columns), t.id AS token, array_to_string(t.scopes, ' ') AS scopes,
                    t.used_at IS NULL OR t.used_at < now() - interval '1 hour' AS stale,
                    coalesce(t.expires_at <= now(), false) AS expired,
                    t.networks IS NULL OR EXISTS (
                        SELECT FROM unnest(t.networks) AS kept
                        WHERE \(NetworkAddress.address(address))::inet <<= kept
                           OR (masklen(kept) >= 96 AND \(NetworkAddress.mapped(from: address))::inet <<= kept)
                    ) AS near
                FROM api_tokens t JOIN users u ON u.id = t.user_id
                WHERE t.token_hash = \(token.hash) AND u.disabled_at IS NULL
                """))
        guard let row else { throw TokenRefusal.unknown }
        if try row["expired", as: Bool.self] { throw TokenRefusal.expired }
        guard try row["near", as: Bool.self] else { throw TokenRefusal.wrongAddress }
        if try row["stale", as: Bool.self] {
            try await database.execute("UPDATE api_tokens SET used_at = now() WHERE token_hash = \(token.hash)")
        }
        let grant = TokenGrant(
            id: try row["token", as: UUID.self], scopes: APIToken.scopes(try row["scopes", as: String?.self]))
        return TokenHolder(user: try User(row: row), grant: grant)
    }

    /// An INSERT with RETURNING that returned nothing: PostgreSQL rules that out.
    struct MissingRow: Error {}
}

extension APIToken {
    fileprivate init(row: Row) throws {
        let scopes = try row["scopes", as: String?.self]
        self.init(
            id: try row["id", as: UUID.self],
            label: try row["label", as: String.self],
            prefix: try row["prefix", as: String.self],
            scopes: Self.scopes(scopes),
            isOld: scopes == nil,
            createdAt: try row["created_at", as: Date.self],
            usedAt: try row["used_at", as: Date?.self],
            expiresAt: try row["expires_at", as: Date?.self],
            networks: (try row["networks", as: String?.self] ?? "").split(separator: " ").map(String.init))
    }

    /// A scope that only a later release knows allows nothing here.
    fileprivate static func scopes(_ text: String?) -> Set<TokenScope> {
        guard let text else { return TokenScope.ofOldTokens }
        return Set(text.split(separator: " ").compactMap { TokenScope(rawValue: String($0)) })
    }
}
