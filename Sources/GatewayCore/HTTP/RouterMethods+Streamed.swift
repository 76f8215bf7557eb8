import HTTPTypes
import Hummingbird

extension RouterMethods<GatewayContext> {
    /// A file that is made while it is sent: how long it gets is known once it is made. HEAD is refused: it would make all of
    /// it for nobody, and an answer without a body would say that it is empty.
    func getStreamed(
        _ path: RouterPath, use handler: @escaping @Sendable (Request, GatewayContext) async throws -> Response
    ) {
        get(path, use: handler)
        head(path) { _, _ -> Response in throw RequestFailure.methodNotAllowed([.get]) }
    }
}
