import HTTPTypes
import Hummingbird
import Logging

/// Logs each request at debug level; of a shared link without what opens it.
struct RequestLogMiddleware: RouterMiddleware {
    private let others = LogRequestsMiddleware<GatewayContext>(.debug)

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        guard SharedLink.isOne(request.uri.path) else {
            return try await others.handle(request, context: context, next: next)
        }
        context.logger.debug(
            "Request",
            metadata: [
                "hb.request.path": "\(SharedLink.loggable(request.uri.path))",
                "hb.request.method": "\(request.method.rawValue)",
            ])
        return try await next(request, context)
    }
}
