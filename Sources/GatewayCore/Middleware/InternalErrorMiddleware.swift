import HTTPTypes
import Hummingbird

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
            let failure = RequestFailure.unexpected(error, request, context)
            return Response(status: failure.status, headers: failure.isRetriable ? [.retryAfter: "1"] : [:])
        }
    }
}
