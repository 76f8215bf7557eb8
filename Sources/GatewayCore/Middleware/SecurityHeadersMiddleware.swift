import HTTPTypes
import Hummingbird

/// Tells browsers what our pages never do, so that whatever gets into one cannot do it either.
struct SecurityHeadersMiddleware: RouterMiddleware {
    typealias Context = GatewayContext

    static let policy = [
        "default-src 'none'", "img-src 'self' blob:", "style-src 'self'", "script-src 'self'", "connect-src 'self'",
        "manifest-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    ].joined(separator: "; ")

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.contentSecurityPolicy] = Self.policy
        response.headers[.xContentTypeOptions] = "nosniff"
        let isShared = SharedLink.isOne(request.uri.path)
        // The address of a shared link is what opens it.
        response.headers[HTTPField.Name("Referrer-Policy")!] = isShared ? "no-referrer" : "same-origin"
        if isShared {
            response.headers[HTTPField.Name("X-Robots-Tag")!] = "noindex, nofollow"
            response.headers[.cacheControl] = "private, no-store"
        }
        response.headers[HTTPField.Name("Cross-Origin-Opener-Policy")!] = "same-origin"
        response.headers[HTTPField.Name("Cross-Origin-Resource-Policy")!] = "same-origin"
        response.headers[HTTPField.Name("Permissions-Policy")!] = "camera=(self), geolocation=(), microphone=()"
        // Whatever does not say how long it may be kept is private.
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }
}
