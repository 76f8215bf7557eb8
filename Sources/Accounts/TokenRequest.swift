import Foundation
import ServiceSupport

/// A token that somebody asks for, checked.
package struct TokenRequest: Sendable, Equatable {
    /// What its owner calls it.
    package let label: String
    package let scopes: Set<TokenScope>
    /// Nil for a token without an end.
    package let days: Int?
    /// From where it may be used, as PostgreSQL's inet reads it; empty for everywhere.
    package let networks: [String]

    /// How long a token can be asked to last, in days.
    package static let lifetimes = [30, 90, 365]
    static let maxLabel = 100
    static let maxNetworks = 10

    /// Reads the fields of a form.
    ///
    /// - Parameters:
    ///   - scopes: their names.
    ///   - days: "30", "90", "365", or "" or "none" for a token without an end.
    ///   - networks: addresses and ranges such as 192.0.2.0/24, between commas or spaces.
    /// - Throws: ``AccountErrors``, each with the field `label`, `scopes`, `days` or `networks`.
    package static func check(
        label: String, scopes: [String], days: String, networks: String
    ) throws(AccountErrors) -> TokenRequest {
        var errors: [AccountError] = []
        func refuse(_ field: String, _ description: String) {
            errors.append(AccountError(code: .tokenField, field: field, description: description))
        }
        let label = label.trimmingCharacters(in: .whitespacesAndNewlines)
        if label.isEmpty { refuse("label", "Give the token a name, such as the program that will have it.") }
        if label.length > maxLabel { refuse("label", "Use at most \(maxLabel) characters.") }
        let known = scopes.compactMap(TokenScope.init)
        if let wrong = scopes.first(where: { TokenScope(rawValue: $0) == nil }) {
            let all = TokenScope.allCases.map(\.rawValue).joined(separator: ", ")
            refuse("scopes", "“\(wrong.prefix(40))” is not known; there are: \(all).")
        } else if known.isEmpty {
            refuse("scopes", "Choose at least one.")
        }
        var lifetime: Int?
        if !days.isEmpty, days != "none" {
            lifetime = Int(days).flatMap { lifetimes.contains($0) ? $0 : nil }
            if lifetime == nil { refuse("days", "It takes 30, 90, 365 or none.") }
        }
        let ranges = networks.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
        if ranges.count > maxNetworks { refuse("networks", "At most \(maxNetworks) ranges.") }
        if let wrong = ranges.first(where: { NetworkAddress.range($0) == nil }) {
            refuse("networks", "“\(wrong.prefix(60))” is no address or range such as 192.0.2.0/24 or 2001:db8::/32.")
        }
        guard errors.isEmpty else { throw AccountErrors(errors: errors) }
        return TokenRequest(
            label: label, scopes: Set(known), days: lifetime, networks: ranges.compactMap(NetworkAddress.range))
    }
}
