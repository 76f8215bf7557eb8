import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import ServiceSupport

/// Tells forms that our own pages sent from those that other sites make a browser send.
///
/// A form's hidden `csrf_token` is an HMAC, under the operator's secret, of what only this browser's cookie holds: the
/// session's token, or for a visitor a random cookie (a signed double submit, as OWASP recommends for forms before log-in).
/// Where the browser says which site a request comes from (Sec-Fetch-Site, Origin), that must be ours as well.
struct CSRF: Sendable {
    /// The name of the hidden field.
    static let fieldName = "csrf_token"
    /// The header in which scripts may send it instead.
    static let headerName = HTTPField.Name("X-CSRF-Token")!

    private let key: SymmetricKey

    init(secret: String) {
        // A key of its own, so that a CSRF token can never be taken for another thing signed with the same secret.
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("mien csrf v1".utf8),
            outputByteCount: 32)
    }

    /// The token for the forms of this browser.
    func token(for context: GatewayContext) -> String { token(of: Self.message(for: context)) }

    /// The token for forms that do the same for whoever is logged in, or nobody: a log-in or log-out in another tab leaves it as
    /// it is, as it leaves the visitor's cookie.
    func visitorToken(for context: GatewayContext) -> String { token(of: Self.visitorMessage(for: context)) }

    private func token(of message: Data) -> String {
        Data(HMAC<SHA256>.authenticationCode(for: message, using: key)).base64URL
    }

    /// Whether a token is the one for this browser, compared in constant time.
    ///
    /// A request with an API token needs none: no browser sends an Authorization header by itself.
    ///
    /// - Parameter isForAnybody: whether the form does the same for whoever is logged in, so that ``visitorToken(for:)`` is as good.
    func verify(_ token: String?, in context: GatewayContext, isForAnybody: Bool = false) -> Bool {
        if context.hasToken { return true }
        guard let token, let code = Data(base64URL: token) else { return false }
        let isVisitorKnown = !context.browser.token.isEmpty
        if isVisitorKnown || context.identity != nil, isCode(code, of: Self.message(for: context)) { return true }
        return isForAnybody && isVisitorKnown && isCode(code, of: Self.visitorMessage(for: context))
    }

    private func isCode(_ code: Data, of message: Data) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: key)
    }

    /// Whether a browser that says where its request comes from says: from this site.
    ///
    /// A form on a page that tells nobody where it is (`Referrer-Policy: no-referrer`) names the origin `null` (Fetch, 3.2.5). Those are
    /// the pages of shared links.
    static func comesFromThisSite(_ request: Request) -> Bool {
        if let site = request.headers[HTTPField.Name("Sec-Fetch-Site")!] {
            return site == "same-origin" || site == "none"
        }
        guard let origin = request.headers[.origin] else { return true }
        if origin == "null", SharedLink.isOne(request.uri.path) { return true }
        guard let host = request.host else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    private static func message(for context: GatewayContext) -> Data {
        if case .session(let token)? = context.identity?.proof { return Data("session \(token)".utf8) }
        return visitorMessage(for: context)
    }

    private static func visitorMessage(for context: GatewayContext) -> Data {
        Data("visitor \(context.browser.token)".utf8)
    }
}
