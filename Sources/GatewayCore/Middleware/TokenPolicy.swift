import Accounts
import HTTPTypes

/// What a request takes of an API token: one place for pages, files and the API alike.
enum TokenPolicy: Equatable {
    /// Any token will do.
    case anyToken
    /// All of these.
    case scopes(Set<TokenScope>)
    /// No token may do it: it needs the person, with a browser. So that a token makes no token, password or
    /// administrator, whoever got hold of it.
    case person

    /// - Parameter path: without the query.
    init(_ method: HTTPRequest.Method, path: String) {
        let path = PathParts(path)
        let parts = path.isWithin(APIRoutes.path) ? path.parts.dropFirst(APIRoutes.path.parts.count) : path.parts[...]
        let reads = method == .get || method == .head
        // /analyses.csv as /analyses.
        let place = parts.first.map { $0.prefix { $0 != "." } } ?? ""
        let part = parts.dropFirst().first
        switch place {
        case "analyses", "batches":
            // What a link shows needs no token any more, and what is done to a selection tells what the filter finds.
            let shows = !reads && (parts.last == "shares" || part == "selected")
            self = shows ? .scopes([.readAnalyses, .writeAnalyses]) : .scope(reads ? .readAnalyses : .writeAnalyses)
        // The home page shows the last results.
        case "shares", "trends", "home", "history": self = .scope(reads ? .readAnalyses : .writeAnalyses)
        case "webhooks": self = .scope(.webhooks)
        case "operations", "users":
            let isSwitch = parts.count == 2 && place == "operations" && Self.switches.contains(part ?? "")
            self = reads ? .scope(.readOperations) : isSwitch ? .scope(.writeOperations) : .person
        case "tokens": self = reads || method == .delete ? .scope(.account) : .person
        case "account":
            self = part == "sessions" || reads && Self.seen.contains(part ?? "") ? .scope(.account) : .person
        case "login", "register", "reset", "setup", "forgot", "confirm", "logout": self = reads ? .anyToken : .person
        default: self = .anyToken
        }
    }

    /// What of the operations pages is no account.
    private static let switches: Set<Substring> = ["registration", "intake", "failures"]
    /// Pages of the account on which there is nothing that opens it. On others there is, such as a second factor's secret
    /// while it is set up.
    private static let seen: Set<Substring> = [
        "", "security", "programs", "data", "export.zip", "webhooks", "delete",
    ]

    static func scope(_ scope: TokenScope) -> TokenPolicy { .scopes([scope]) }

    /// - Throws: the `RequestFailure` to answer when a token with these scopes may not.
    func check(_ scopes: Set<TokenScope>) throws {
        switch self {
        case .anyToken: return
        case .scopes(let needed):
            guard needed.isSubset(of: scopes) else {
                throw RequestFailure.scopesMissing(needed.subtracting(scopes), of: needed)
            }
        case .person: throw RequestFailure.personNeeded
        }
    }
}
