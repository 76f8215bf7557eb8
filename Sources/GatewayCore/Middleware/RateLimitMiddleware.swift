import Accounts
import Foundation
import HTTPTypes
import Hummingbird

/// Bounds how often each program uses the API, and tells it how much is left (draft-ietf-httpapi-ratelimit-headers-10).
///
/// By token; a browser's session and a visitor count by their address, or its network where a customer has a whole one. Of the pages, only shared links have such a limit:
/// strangers open them, and find photos there. A token that is refused, or lacks the scope, comes to nothing before this.
struct RateLimitMiddleware: RouterMiddleware {
    typealias Context = GatewayContext

    /// Nil for no limit.
    let allowance: RequestAllowance?

    /// What a poll that finds nothing new gets back of its request.
    private static let unchangedShare = 0.9

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        guard let allowance, request.path.isWithin(APIRoutes.path) || SharedLink.isOne(request.uri.path) else {
            return try await next(request, context)
        }
        let name = Self.name(context)
        let verdict = allowance.take(name)
        guard verdict.isAllowed else { throw RequestFailure.tooManyRequests(perMinute: allowance.perMinute, verdict) }
        var response = try await next(request, context)
        if response.status == .notModified { allowance.giveBack(name, Self.unchangedShare) }
        for field in Self.fields(allowance.perMinute, verdict) { response.headers[field.name] = field.value }
        return response
    }

    private static func name(_ context: GatewayContext) -> String {
        if case .apiToken(let token)? = context.identity?.proof { return "token \(token.id)" }
        return "address \(LoginThrottle.network(of: context.remoteAddress))"
    }

    /// The policy, and what is left of it.
    static func fields(_ perMinute: Int, _ verdict: RequestAllowance.Verdict) -> HTTPFields {
        [
            HTTPField.Name("RateLimit-Policy")!: "\"minute\";q=\(perMinute);w=60",
            HTTPField.Name("RateLimit")!: "\"minute\";r=\(verdict.left);t=\(verdict.seconds)",
        ]
    }
}

extension RequestFailure {
    /// The program asked too often.
    static func tooManyRequests(perMinute: Int, _ verdict: RequestAllowance.Verdict) -> RequestFailure {
        var failure = RequestFailure(
            status: .tooManyRequests, code: "rate_limited", title: "Too many requests",
            message: "This site takes \(perMinute) requests a minute of one token or address.",
            retryAfter: max(1, verdict.seconds))
        failure.headers = RateLimitMiddleware.fields(perMinute, verdict)
        return failure
    }
}
