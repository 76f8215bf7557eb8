import HTTPTypes
import Hummingbird

/// Refuses a request whose head says what others may understand differently.
struct RequestHeadMiddleware: RouterMiddleware {
    typealias Context = GatewayContext

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        // RFC 9112, 3.2: a proxy before Mien may have gone by the other one.
        guard request.hosts.count <= 1 else { throw RequestFailure.twoHosts }
        // RFC 9112, 6.1: NIO undoes chunks and nothing else.
        let coding = request.headers[.transferEncoding]
        guard coding == nil || coding?.lowercased() == "chunked" else { throw RequestFailure.unknownTransferCoding }
        return try await next(request, context)
    }
}
