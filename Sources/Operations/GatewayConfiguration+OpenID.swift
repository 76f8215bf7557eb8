import Foundation
package import OpenID
import Settings

/// Sign-in by a provider, as the operator has set it.
package struct OpenIDSettings: Sendable, Equatable {
    /// What the provider is asked as.
    package var client: OpenIDClient
    /// `MIEN_OIDC_NAME`: what people call the provider, on the button and in sentences.
    package var name: String
    /// `MIEN_OIDC_REGISTER`: whether whoever the provider recognises gets an account.
    package var registers: Bool
    /// `MIEN_OIDC_ADMIN_CLAIM`, `MIEN_OIDC_ADMIN_VALUE`: who is an administrator by the provider's word; nil where it says nothing of it.
    package var administrators: ClaimRule?

    /// Where the provider sends people back to, after the site's address.
    package static let callbackPath = "/login/openid/callback"

    /// Settings.
    package init(client: OpenIDClient, name: String, registers: Bool = true, administrators: ClaimRule? = nil) {
        self.client = client
        self.name = name
        self.registers = registers
        self.administrators = administrators
    }
}

extension GatewayConfiguration {
    /// Whether people log in by a password.
    package enum PasswordLogIn: String, CaseIterable, Sendable { case on, off }

    private enum Registering: String, CaseIterable { case yes, no }

    static func openID(_ settings: SettingsReader, publicURL: URL?) -> OpenIDSettings? {
        let id = settings.optionalString("MIEN_OIDC_CLIENT_ID")
        let secret = settings.optionalString("MIEN_OIDC_CLIENT_SECRET", isSecret: true)
        let name = settings.optionalString("MIEN_OIDC_NAME")
        let scopes = settings.string("MIEN_OIDC_SCOPES", default: "openid profile email").split(separator: " ").map(
            String.init)
        let registers = settings.choice("MIEN_OIDC_REGISTER", default: Registering.yes) == .yes
        let claim = settings.optionalString("MIEN_OIDC_ADMIN_CLAIM")
        let value = settings.optionalString("MIEN_OIDC_ADMIN_VALUE")
        let allowsClearText = settings.isOn("MIEN_OIDC_ALLOW_HTTP")
        let authorities = settings.optionalString("MIEN_OIDC_CA_FILE").map {
            settings.existingPath("MIEN_OIDC_CA_FILE", default: $0, hint: "a PEM file of trusted certificates")
        }
        if !scopes.contains("openid") {
            settings.refuse(
                "MIEN_OIDC_SCOPES", scopes.joined(separator: " "),
                takes: "words with spaces between them, openid among them")
        }
        if (claim == nil) != (value == nil) {
            settings.refuse(
                claim == nil ? "MIEN_OIDC_ADMIN_CLAIM" : "MIEN_OIDC_ADMIN_VALUE", "",
                takes: claim == nil
                    ? "the claim that MIEN_OIDC_ADMIN_VALUE is looked for in, such as groups"
                    : "what has to be in MIEN_OIDC_ADMIN_CLAIM, such as mien-admins")
        }
        if let name, name.unicodeScalars.count > 40 {
            settings.refuse("MIEN_OIDC_NAME", name, takes: "at most 40 characters, such as Keycloak")
        }
        guard let issuer = settings.optionalString("MIEN_OIDC_ISSUER") else {
            if let name = [("MIEN_OIDC_CLIENT_ID", id), ("MIEN_OIDC_CLIENT_SECRET", secret)].first(where: {
                $0.1 != nil
            })?.0 {
                settings.refuse("MIEN_OIDC_ISSUER", "", takes: "the provider's address, since \(name) is set")
            }
            return nil
        }
        if let problem = OpenIDClient.problem(withIssuer: issuer, allowsClearText: allowsClearText) {
            settings.refuse("MIEN_OIDC_ISSUER", issuer, takes: problem)
        }
        if id == nil { settings.refuse("MIEN_OIDC_CLIENT_ID", "", takes: "what the provider calls this site") }
        if secret == nil {
            settings.refuseSecret(
                "MIEN_OIDC_CLIENT_SECRET", because: "is not set; it takes the secret that the provider gave this site")
        }
        // A provider sends people only to addresses that were registered: a request's Host header says nothing of them.
        if publicURL == nil {
            settings.refuse("MIEN_PUBLIC_URL", "", takes: "the site's address, to which the provider sends people back")
        }
        let site = publicURL?.absoluteString ?? ""
        let client = OpenIDClient(
            issuer: issuer, id: id ?? "", secret: secret ?? "", scopes: scopes,
            redirectURI: (site.hasSuffix("/") ? String(site.dropLast()) : site) + OpenIDSettings.callbackPath,
            allowsClearText: allowsClearText, authorities: authorities)
        let rule = claim.flatMap { claim in value.map { ClaimRule(claim: claim, value: $0) } }
        return OpenIDSettings(
            client: client, name: name ?? URL(string: issuer)?.host() ?? issuer, registers: registers,
            administrators: rule)
    }

    static func passwordLogIn(_ settings: SettingsReader, openID: OpenIDSettings?) -> PasswordLogIn {
        let choice = settings.choice("MIEN_PASSWORD_LOG_IN", default: PasswordLogIn.on)
        if choice == .off, openID == nil {
            settings.refuse(
                "MIEN_PASSWORD_LOG_IN", "off",
                takes: "\"on\", or \"off\" where MIEN_OIDC_ISSUER is set: otherwise nobody could log in")
        }
        return choice
    }
}
