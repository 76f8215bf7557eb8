package import Foundation
import ServiceSupport

/// Who somebody is to a provider: no two people have the same (OpenID Connect Core 1.0, 5.7).
package struct ProviderIdentity: Sendable, Hashable {
    /// The provider's name, an address.
    package let issuer: String
    /// The person's name there, up to 255 bytes, which nobody else gets.
    package let subject: String

    package init(issuer: String, subject: String) {
        self.issuer = issuer
        self.subject = subject
    }
}

/// An identity that is connected with an account.
package struct ConnectedIdentity: Sendable, Equatable {
    package let identity: ProviderIdentity
    package let connectedAt: Date
    /// The last log-in by it.
    package let usedAt: Date?

    package init(identity: ProviderIdentity, connectedAt: Date, usedAt: Date?) {
        self.identity = identity
        self.connectedAt = connectedAt
        self.usedAt = usedAt
    }
}

/// What a provider says of somebody who has no account yet, in the form in which it is kept.
package struct ProviderProfile: Sendable, Equatable {
    package let name: String
    package let email: String
    package let timeZone: String?

    /// - Parameters:
    ///   - name: what the person is called there; without one, what their address begins with.
    ///   - email: their address.
    /// - Returns: nil when the address is missing, or is none.
    package init?(name: String?, email: String?, timeZone: String? = nil) {
        guard let email = email?.trimmingCharacters(in: .whitespacesAndNewlines),
            AccountDetails.problem(withEmail: email) == nil
        else { return nil }
        self.email = email
        self.timeZone = timeZone
        let wanted = [name, String(email.prefix { $0 != "@" })].compactMap { $0.map(Self.shown) }
        self.name = wanted.first { !$0.isEmpty } ?? "Somebody"
    }

    /// As a name may be: without control characters, and not too long.
    private static func shown(_ name: String) -> String {
        let scalars = name.composed.unicodeScalars.filter { $0.properties.generalCategory != .control }.prefix(100)
        return String(String.UnicodeScalarView(scalars)).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
