import Postgres

/// Somebody whom a provider has recognised, and the account as it was then.
package struct ShownIdentity: Sendable {
    package let user: User
    package let identity: ProviderIdentity
    /// Whether the provider has asked them just now. If not, it has let in whoever was at the browser, and before dangerous acts it
    /// is to ask.
    package let isFresh: Bool

    package init(user: User, identity: ProviderIdentity, isFresh: Bool) {
        self.user = user
        self.identity = identity
        self.isFresh = isFresh
    }
}

extension AccountStore {
    /// Whether the identity opens the account still, which is not disabled and asks for a code as it did; it stays so until the
    /// transaction ends.
    func holds(_ shown: ShownIdentity, on connection: Connection) async throws -> Bool {
        let row = try await connection.first(
            "SELECT 1 FROM users WHERE id = \(shown.user.id) AND disabled_at IS NULL FOR SHARE")
        guard row != nil else { return false }
        // A statement of its own: one that waited for the row reads other tables as they were before.
        let now = try await connection.first(
            """
            SELECT EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = i.user_id AND f.confirmed_at IS NOT NULL)
            FROM identities i
            WHERE i.issuer = \(shown.identity.issuer) AND i.subject = \(shown.identity.subject)
              AND i.user_id = \(shown.user.id)
            """)
        return try now?.decode(Bool.self) == shown.user.hasSecondFactor
    }
}
