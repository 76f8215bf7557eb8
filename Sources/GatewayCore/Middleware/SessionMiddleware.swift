import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Operations
import Reports

/// Finds out who asks: by the session cookie, or by `Authorization: Bearer` with an API token.
struct SessionMiddleware: RouterMiddleware {
    typealias Context = GatewayContext

    let accounts: AccountStore
    let secureCookies: GatewayConfiguration.SecureCookies

    private static let open = PathParts(StaticFiles.folder)

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        // Pictures and styles need nobody's name, and so cost no query.
        guard !request.path.isWithin(Self.open) else { return try await next(request, context) }
        var context = context
        context.browser = browser(of: request)
        context.identity = try await identity(of: request, context)
        if let user = context.user { context.logger[metadataKey: "user.id"] = "\(user.id.uuidString.lowercased())" }
        let zone = context.user.flatMap { TimeZone(identifier: $0.timeZone) } ?? .gmt
        return try await PersonalTime.$current.withValue(zone) { [context] in try await next(request, context) }
    }

    private func identity(of request: Request, _ context: GatewayContext) async throws -> Identity? {
        if let token = request.bearerToken { return try await identity(ofToken: token, request, context) }
        let name = BrowserCookies.sessionName(secure: context.browser.usesSecureCookies)
        guard let cookie = request.cookies[name]?.value,
            let session = try await accounts.session(cookie)
        else { return nil }
        return Identity(
            user: session.user, proof: .session(sessionToken: cookie), isByProvider: session.isByProvider)
    }

    /// A token that opens nothing is refused, not taken for a visitor: a program should learn of it.
    private func identity(
        ofToken token: String, _ request: Request, _ context: GatewayContext
    ) async throws -> Identity {
        let holder: TokenHolder
        do {
            holder = try await accounts.holder(ofToken: token, from: context.remoteAddress)
        } catch let refusal as TokenRefusal {
            switch refusal {
            case .unknown: throw RequestFailure.tokenRefused
            case .expired: throw RequestFailure.tokenExpired
            case .wrongAddress: throw RequestFailure.tokenElsewhere
            }
        }
        try TokenPolicy(request.method, path: request.uri.path).check(holder.grant.scopes)
        return Identity(user: holder.user, proof: .apiToken(holder.grant))
    }

    private func browser(of request: Request) -> BrowserState {
        let secure =
            switch secureCookies {
            case .always: true
            case .never: false
            case .auto: request.headers[HTTPField.Name("X-Forwarded-Proto")!]?.lowercased() == "https"
            }
        let theme = request.cookies[BrowserCookies.themeName(secure: secure)].flatMap { Theme(rawValue: $0.value) }
        let cookie = request.cookies[BrowserCookies.visitorName(secure: secure)]?.value
        if let token = cookie.flatMap(RandomToken.init(untrusted:)) {
            return BrowserState(
                token: token.text, isNew: false, usesSecureCookies: secure, theme: theme ?? .system)
        }
        return BrowserState(
            token: RandomToken.make().text, isNew: true, usesSecureCookies: secure, theme: theme ?? .system)
    }
}

extension Request {
    /// What stands behind `Authorization: Bearer`; nil where there is none, or another scheme: a proxy that asks for a password of its
    /// own hands on what the browser has sent it (HTTP Basic), and that is nothing of ours.
    var bearerToken: String? {
        let parts = (headers[.authorization] ?? "").split(separator: " ", maxSplits: 1)
        guard parts.first?.lowercased() == "bearer" else { return nil }
        return parts.dropFirst().first?.trimmingCharacters(in: .whitespaces) ?? ""
    }
}
