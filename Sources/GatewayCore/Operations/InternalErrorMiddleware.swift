import HTTPTypes
import Hummingbird
import Logging
import Postgres

/// Tells workers apart what passes and what does not: a database that is away is 503, and they wait; anything else is 500.
///
/// A worker that gets 500 a few times lets go of its job, and only the sweeper brings it back.
struct InternalErrorMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            throw error
        } catch {
            let passes = error is CancellationError || (error as? PostgresError)?.isRetriable == true
            context.logger.error(
                "Request failed",
                metadata: ["error": "\(String(reflecting: error))", "http.path": "\(request.uri.path)"])
            return passes
                ? Response(status: .serviceUnavailable, headers: [.retryAfter: "1"])
                : Response(status: .internalServerError)
        }
    }
}
