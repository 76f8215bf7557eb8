/// What a program may do with an API token.
package enum TokenScope: String, Sendable, Codable, CaseIterable {
    case readAnalyses = "analyses:read"
    case writeAnalyses = "analyses:write"
    case webhooks
    case account
    case readOperations = "admin:read"
    case writeOperations = "admin:write"

    /// What it allows, for people.
    package var words: String {
        switch self {
        case .readAnalyses: "See photos and results"
        case .writeAnalyses: "Send photos, and change, cancel and delete them"
        case .webhooks: "Make, change and delete webhooks, and send their messages again"
        case .account: "See the account and its tokens, end sessions and tokens, save all data"
        case .readOperations: "See the operations pages (administrators)"
        case .writeOperations: "Use the switches of the operations pages (administrators)"
        }
    }

    /// Whether only an administrator's token has a use for it.
    package var isForAdministrators: Bool { self == .readOperations || self == .writeOperations }

    /// What a token may do that was made before there were scopes.
    package static let ofOldTokens: Set<TokenScope> = Set(allCases).subtracting([.writeOperations])
}
