import HTTPTypes
import Hummingbird

/// Refuses a request that names two hosts (RFC 9112, 3.2): a proxy before Mien may have gone by the other one.
struct OneHostMiddleware: RouterMiddleware {
    typealias Context = GatewayContext

    private static let host = HTTPField.Name("Host")!

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        // The first one has become the request's authority.
        guard request.headers[Self.host] == nil else { throw RequestFailure.twoHosts }
        return try await next(request, context)
    }
}
