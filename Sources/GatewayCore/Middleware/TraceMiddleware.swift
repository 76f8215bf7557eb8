import Contracts
import HTTPTypes
import Hummingbird
import Logging

/// Goes on with the caller's trace, or begins one where there is none that can be read; every log line of the request names it.
struct TraceMiddleware: RouterMiddleware {
    private static let header = HTTPField.Name(TraceContext.headerName)!

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        // Two of them come as one with a comma in it, which is none.
        if let caller = request.headers[Self.header].flatMap(TraceContext.init(traceparent:)) {
            context.trace = caller.next()
        }
        context.logger[metadataKey: "trace.id"] = "\(context.trace.traceID)"
        return try await next(request, context)
    }
}
