import Accounts
import Foundation
import Reports

/// An API token in the list of the account page.
struct TokenRow: Sendable {
    let id: String
    let label: String
    /// "mien_Ab3d…"; nil for a token of which it was not kept.
    let prefix: String?
    /// What it may do.
    let scopes: String
    /// "ends on 27 February 2027", "has no end".
    let end: String
    let isExpired: Bool
    /// Nil for one that was never used.
    let used: Moment?
    /// From where it may be used; nil for everywhere.
    let networks: String?
    /// Whether it was made before tokens were asked what they may do.
    let isOld: Bool

    init(_ token: APIToken, now: Date) {
        id = token.id.uuidString.lowercased()
        label = token.label.isEmpty ? "Without a name" : token.label
        prefix = token.prefix.isEmpty ? nil : token.prefix + "…"
        scopes = TokenScope.allCases.filter(token.scopes.contains).map(\.rawValue).joined(separator: ", ")
        let day = token.expiresAt.map { Moment($0, now: now).day }
        let isExpired = token.expiresAt.map { $0 <= now } ?? false
        self.isExpired = isExpired
        end = day.map { isExpired ? "ended on \($0)" : "ends on \($0)" } ?? "has no end"
        used = token.usedAt.map { Moment($0, now: now) }
        networks = token.networks.isEmpty ? nil : token.networks.joined(separator: ", ")
        isOld = token.isOld
    }
}

/// The form in which a token is asked for.
struct TokenFields: Sendable {
    struct Choice: Sendable {
        let name: String
        /// The name of a box's field.
        var box = ""
        let label: String
        let isChosen: Bool
    }

    let label: String
    let networks: String
    let scopes: [Choice]
    let lifetimes: [Choice]
    let labelError: String?
    let scopesError: String?
    let daysError: String?
    let networksError: String?
    let asks: AskAgainModel

    /// The fields' ids, where they are not their names.
    static let ids = [
        "label": "token-label", "scopes": "token-scopes", "days": "token-days", "networks": "token-networks",
        "current": "token-current", "code": "token-code", "provider": "token-provider",
    ]

    /// - Parameter isAdmin: whether the scopes of the operations pages are offered.
    init(
        isAdmin: Bool, asked: AskedAgain, label: String = "",
        chosen: Set<String> = ["analyses:read", "analyses:write"],
        days: String = "90", networks: String = "", errors: [AccountError] = []
    ) {
        self.label = label
        self.networks = networks
        scopes = TokenScope.allCases.filter { isAdmin || !$0.isForAdministrators }.map {
            Choice(name: $0.rawValue, box: Self.box($0), label: $0.words, isChosen: chosen.contains($0.rawValue))
        }
        let ends = TokenRequest.lifetimes.map { ("\($0)", Words.count($0, "day")) } + [("none", "No end")]
        lifetimes = ends.map { Choice(name: $0.0, label: $0.1, isChosen: $0.0 == days) }
        labelError = errors.message("label")
        scopesError = errors.message("scopes")
        daysError = errors.message("days")
        networksError = errors.message("networks")
        asks = AskAgainModel("token", asked, errors: errors)
    }
}

extension TokenFields {
    /// The field of a scope's box in the form.
    private static func box(_ scope: TokenScope) -> String {
        switch scope {
        case .readAnalyses: "read_analyses"
        case .writeAnalyses: "write_analyses"
        case .webhooks: "webhooks"
        case .account: "account"
        case .readOperations: "read_operations"
        case .writeOperations: "write_operations"
        }
    }
}

/// A token that was made just now: the only time that its text is shown.
struct MadeToken: Sendable {
    let label: String
    let text: String
    /// A command that works as it stands.
    let command: String

    init(label: String, text: String, site: String) {
        self.label = label
        self.text = text
        command = "curl -H \"Authorization: Bearer \(text)\" \(site)/api/v1/me"
    }
}
