package import Foundation

/// This site as a provider knows it, as the operator has registered it there.
package struct OpenIDClient: Sendable, Equatable {
    /// The provider's own name: an address without query, to the character as the provider says it.
    package var issuer: String
    /// What the provider calls this site.
    package var id: String
    /// By which this site shows that it is itself.
    package var secret: String
    /// What is asked for; `openid` is among them.
    package var scopes: [String]
    /// Where the provider sends people back to: the same text as is registered there.
    package var redirectURI: String
    /// Whether the provider may be called by `http`; people's passwords then cross the network as they are.
    package var allowsClearText: Bool
    /// A PEM file of the authorities whose certificates are trusted; nil for the system's.
    package var authorities: URL?

    /// A client.
    package init(
        issuer: String, id: String, secret: String, scopes: [String] = ["openid", "profile", "email"],
        redirectURI: String, allowsClearText: Bool = false, authorities: URL? = nil
    ) {
        self.issuer = issuer
        self.id = id
        self.secret = secret
        self.scopes = scopes
        self.redirectURI = redirectURI
        self.allowsClearText = allowsClearText
        self.authorities = authorities
    }

    /// Where the provider describes itself (OpenID Connect Discovery 1.0, 4).
    var discoveryAddress: String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }

    /// Why an issuer's address cannot be used, as what the setting takes; nil when it can.
    ///
    /// - Parameter allowsClearText: whether `http` is allowed also to other machines than this one.
    package static func problem(withIssuer text: String, allowsClearText: Bool) -> String? {
        guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme),
            url.host()?.isEmpty == false, url.query() == nil, url.fragment() == nil, url.user() == nil
        else { return "the provider's address, such as https://login.example.org, without ? and #" }
        return isAllowed(text, allowsClearText: allowsClearText)
            ? nil : "an address with https; http is for this machine alone, or with MIEN_OIDC_ALLOW_HTTP=yes"
    }

    /// Whether an address may be called, or people sent there: `https`, or `http` on this machine or where that is allowed.
    static func isAllowed(_ text: String, allowsClearText: Bool) -> Bool {
        guard let url = URL(string: text), let host = url.host(), !host.isEmpty, url.user() == nil else { return false }
        switch url.scheme {
        case "https": return true
        case "http": return allowsClearText || isLoopback(host)
        default: return false
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
