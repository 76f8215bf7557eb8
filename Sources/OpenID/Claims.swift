import Foundation

/// What a provider says of somebody (OpenID Connect Core 1.0, 5.1).
package struct Claims: Sendable, Equatable {
    let values: [String: JSONValue]

    init(_ values: [String: JSONValue]) {
        self.values = values
    }

    /// A claim that is a text of more than blanks, without those at its ends.
    package func text(_ name: String) -> String? {
        let text = values[name]?.text?.trimmingCharacters(in: .whitespacesAndNewlines)
        return text?.isEmpty == false ? text : nil
    }

    /// A claim by its name, or by a path of names with dots between them, as in `realm_access.roles`. A name that has dots itself
    /// is found first.
    package func value(_ path: String) -> JSONValue? {
        if let value = values[path] { return value }
        var value: JSONValue? = .object(values)
        for name in path.split(separator: ".") { value = value?.members?[String(name)] }
        return value
    }

    /// These, and of others what is not among them.
    func filled(from others: Claims) -> Claims {
        Claims(values.merging(others.values) { own, _ in own })
    }

    /// Whether the provider says that it has not seen the person get mail at their address (`email_verified`, Core, 5.1; some write it
    /// as a text). One that says nothing is believed.
    package var isEmailUnverified: Bool {
        let claim = values["email_verified"]
        return claim == .bool(false) || claim?.text?.lowercased() == "false"
    }

    /// The name to show: `name`, or what comes next to it; nil when there is none.
    package var displayName: String? {
        let parts = [text("given_name"), text("family_name")].compactMap(\.self)
        return text("name") ?? (parts.isEmpty ? nil : parts.joined(separator: " ")) ?? text("preferred_username")
            ?? text("nickname")
    }
}

/// Who is an administrator, by the provider's word: those in whose claim a value is, or whose claim it is.
package struct ClaimRule: Sendable, Equatable {
    /// A claim's name or path.
    package let claim: String
    /// The word that counts, to the character.
    package let value: String

    package init(claim: String, value: String) {
        self.claim = claim
        self.value = value
    }

    /// Whether somebody with these claims is meant. One that is not there means no.
    package func includes(_ claims: Claims) -> Bool {
        switch claims.value(claim) {
        case .text(let text): text == value
        case .list(let list): list.contains(.text(value))
        case .bool(let flag): "\(flag)" == value
        default: false
        }
    }

    /// Where it is looked for: the claim's name without its path.
    func isNamed(in claims: Claims) -> Bool { claims.value(claim) != nil }
}
