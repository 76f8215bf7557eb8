import Hummingbird
import Operations

extension GatewayConfiguration {
    /// The site's address: as the operator set it, or as this request has it, for what its own sender reads. Never
    /// for what is sent to somebody else: whoever asks says what the host is.
    func address(_ request: Request, _ context: GatewayContext) -> String {
        guard publicAddress.isEmpty else { return publicAddress }
        let scheme = context.browser.usesSecureCookies ? "https" : "http"
        return "\(scheme)://\(request.host ?? "127.0.0.1:8080")"
    }
}
