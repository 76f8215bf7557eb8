import Accounts
import HTTPTypes

/// What a request takes of an API token: one place for pages, files and the API alike.
enum TokenPolicy: Equatable {
    /// Any token will do.
    case anyToken
    case scope(TokenScope)
    /// No token may do it: it needs the person, with a browser. So that a token makes no token, password or
    /// administrator, whoever got hold of it.
    case person

    /// - Parameter path: without the query.
    init(_ method: HTTPRequest.Method, path: String) {
        var parts = path.split(separator: "/")
        if parts.starts(with: ["api", "v1"]) { parts.removeFirst(2) }
        let reads = method == .get || method == .head
        // /analyses.csv as /analyses.
        let place = parts.first.map { $0.prefix { $0 != "." } } ?? ""
        switch place {
        // The home page shows the last results.
        case "analyses", "batches", "shares", "trends", "home", "history":
            self = .scope(reads ? .readAnalyses : .writeAnalyses)
        case "webhooks": self = .scope(.webhooks)
        case "operations", "users":
            self = parts.count > 2 && !reads ? .person : .scope(reads ? .readOperations : .writeOperations)
        case "tokens": self = reads || method == .delete ? .scope(.account) : .person
        case "account": self = reads || parts.dropFirst().first == "sessions" ? .scope(.account) : .person
        case "login", "register", "reset", "setup", "forgot", "logout": self = reads ? .anyToken : .person
        default: self = .anyToken
        }
    }

    /// - Throws: the `RequestFailure` to answer when a token with these scopes may not.
    func check(_ scopes: Set<TokenScope>) throws {
        switch self {
        case .anyToken: return
        case .scope(let needed): if !scopes.contains(needed) { throw RequestFailure.scopeMissing(needed) }
        case .person: throw RequestFailure.personNeeded
        }
    }
}
