import Accounts
import Contracts
import Foundation
import Hummingbird
import Logging

/// What a request carries through middleware and routes.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The peer's address, for throttling and the list of sessions; behind a trusted proxy its forwarded one.
    var remoteAddress: String
    /// Who asks, once `SessionMiddleware` has found out; nil for a visitor.
    var identity: Identity?
    /// What the request's cookies say about the browser, once `SessionMiddleware` has looked.
    var browser = BrowserState()
    /// The trace that the request belongs to; the caller's own, once `TraceMiddleware` has looked.
    var trace = TraceContext()

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }

    /// The request's id, as in the `X-Request-ID` header, the logs and error pages.
    var requestID: String { id }

    /// Whether an API token proves who asks; no browser sends one by itself.
    var hasToken: Bool {
        if case .apiToken? = identity?.proof { true } else { false }
    }

    /// The token of the session from which the request came; nil for a visitor and for an API token.
    var sessionToken: String? {
        if case .session(let token)? = identity?.proof { token } else { nil }
    }

    /// The signed-in person, or nil.
    var user: User? { identity?.user }

    /// Forms decoded by Hummingbird are small; photos are streamed and have their own limits.
    var maxUploadSize: Int { 64 * 1024 }
}

/// Who made a request, and how they showed it.
struct Identity: Sendable {
    /// The person.
    let user: User
    /// How the request proved it.
    let proof: Proof
    /// Whether a provider's word has opened the session.
    let isByProvider: Bool

    init(user: User, proof: Proof, isByProvider: Bool = false) {
        self.user = user
        self.proof = proof
        self.isByProvider = isByProvider
    }

    /// What proves an identity.
    enum Proof: Sendable, Equatable {
        /// A browser session; requests that change something need a CSRF token made from `sessionToken`.
        case session(sessionToken: String)
        /// An API token in the Authorization header, which no browser sends by itself: no CSRF token is needed.
        case apiToken(TokenGrant)
    }
}

extension GatewayContext {
    /// Whether an answer is for a program, which says so by what it accepts, by its token, or by asking for a `.json`.
    func wantsJSON(_ request: Request) -> Bool {
        if request.uri.path.hasSuffix(".json") || request.path.isWithin(APIRoutes.path) { return true }
        let accepted = request.headers[.accept] ?? ""
        if accepted.contains("text/html") { return false }
        return accepted.contains("application/json") || request.bearerToken != nil
    }
}

extension AuditLog {
    /// Records what a request has done; see ``record(_:by:to:detail:from:)``.
    ///
    /// It is done, so an entry that cannot be written is logged, and hides nothing of it: what was made may be shown this
    /// once only.
    func record(
        _ event: Event, by actor: UUID?, to subject: UUID? = nil, detail: String = "", _ context: GatewayContext
    ) async {
        await context.logging(event, by: actor, to: subject) {
            try await record(event, by: actor, to: subject, detail: detail, from: context.origin)
        }
    }

    /// Records that somebody was not let in; see ``recordFailedLogIn(email:from:)``.
    func recordFailedLogIn(email: String, _ context: GatewayContext) async {
        await context.logging(.logInFailed, by: nil, to: nil) {
            try await recordFailedLogIn(email: email, from: context.origin)
        }
    }
}

extension GatewayContext {
    /// Writes an entry of the audit log; to the log file, where the database takes none.
    fileprivate func logging(
        _ event: AuditLog.Event, by actor: UUID?, to subject: UUID?, _ write: () async throws -> Void
    ) async {
        do {
            try await write()
        } catch {
            logger.error(
                "An entry of the audit log could not be written",
                metadata: [
                    "audit.event": "\(event.rawValue)", "audit.actor": "\(actor?.uuidString.lowercased() ?? "")",
                    "audit.subject": "\(subject?.uuidString.lowercased() ?? "")", "client.address": "\(remoteAddress)",
                    "error": "\(String(reflecting: error))",
                ])
        }
    }
}

extension GatewayContext {
    /// For the audit log.
    var origin: RequestOrigin { RequestOrigin(address: remoteAddress, requestID: requestID) }
}
