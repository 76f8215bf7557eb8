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
