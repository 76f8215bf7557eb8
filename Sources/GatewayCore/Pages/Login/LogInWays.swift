import Accounts
import OpenID
import Operations

/// By what people log in to this site.
struct LogInWays: Sendable {
    /// What people call the provider; nil where there is none.
    let provider: String?
    /// As it calls itself.
    let issuer: String?
    /// Whether the provider's word is enough for an account.
    let providerRegisters: Bool
    /// Whether a password is enough.
    let takesPasswords: Bool

    init(provider: String? = nil, issuer: String? = nil, providerRegisters: Bool = false, takesPasswords: Bool = true) {
        self.provider = provider
        self.issuer = issuer
        self.providerRegisters = providerRegisters
        self.takesPasswords = takesPasswords
    }

    init(_ configuration: GatewayConfiguration) {
        self.init(
            provider: configuration.openID?.name, issuer: configuration.openID?.client.issuer,
            providerRegisters: configuration.openID?.registers == true,
            takesPasswords: configuration.passwordLogIn == .on)
    }

    /// Whether the provider's word opens somebody's account. One that a former provider's word opened is not theirs.
    func opens(_ user: User) -> Bool { issuer.map(user.issuers.contains) ?? false }

    /// With whom somebody shows again that it is them; nil for those who do so by their password, also where it opens nothing
    /// any more.
    func confirming(_ user: User) -> String? {
        opens(user) && !(user.hasPassword && takesPasswords) ? provider : nil
    }

    /// The way in by the provider.
    func button(next: String = "") -> ProviderButton? {
        provider.map {
            let query = next.isEmpty || next == LocalPath.home ? "" : "?next=\(next.addingPercentEncoding())"
            return ProviderButton(name: $0, address: OpenIDPage.path + query)
        }
    }
}

/// A link that leads to the provider.
struct ProviderButton: Sendable {
    let name: String
    let address: String
}
