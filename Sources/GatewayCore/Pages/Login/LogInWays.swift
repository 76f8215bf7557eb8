import Accounts
import Operations

/// By what people log in to this site.
struct LogInWays: Sendable {
    /// What people call the provider; nil where there is none.
    let provider: String?
    /// Whether the provider's word is enough for an account.
    let providerRegisters: Bool
    /// Whether a password is enough.
    let takesPasswords: Bool

    init(provider: String? = nil, providerRegisters: Bool = false, takesPasswords: Bool = true) {
        self.provider = provider
        self.providerRegisters = providerRegisters
        self.takesPasswords = takesPasswords
    }

    init(_ configuration: GatewayConfiguration) {
        self.init(
            provider: configuration.openID?.name, providerRegisters: configuration.openID?.registers == true,
            takesPasswords: configuration.passwordLogIn == .on)
    }

    /// With whom somebody shows again that it is them; nil for those who do so by their password.
    func confirming(_ user: User) -> String? {
        user.hasIdentity && !(user.hasPassword && takesPasswords) ? provider : nil
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
