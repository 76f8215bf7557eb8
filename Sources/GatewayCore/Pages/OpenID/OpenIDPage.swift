import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import OpenID
import Operations

/// Logging in by the word of a provider (OpenID Connect): the way there and back.
///
/// A person is led there by a link and not by a form, whose `form-action` would have to name every place that a provider leads on
/// to. What is typed on a form before, is sent to a page of this site, which then leads on.
struct OpenIDPage: Page {
    let frame: PageFrame
    let accounts: AccountStore
    let audit: AuditLog
    let signIn: SignIn
    /// Nil where the operator has set none.
    let settings: OpenIDSettings?
    let provider: OpenIDProvider?
    /// Bounds how often a network is sent to the provider: each time is a row for ten minutes. A company that shares an address
    /// gets in at once.
    let allowance = RequestAllowance(perMinute: 600)

    static let path = "/login/openid"
    static let confirmPath = "/login/openid/confirm"
    static let connectPath = "/account/openid/connect"
    static let disconnectPath = "/account/openid/disconnect"

    func addRoutes(to router: Router<GatewayContext>) {
        router.get(RouterPath(Self.path)) { request, context in
            let next = LocalPath.safe(request.query["next"])
            guard isOn else { throw RequestFailure.notFound }
            if context.user != nil { return Response.redirect(to: next, type: .normal) }
            return try await depart(.logIn, next: next, request, context)
        }
        router.get(RouterPath(Self.confirmPath)) { request, context in
            guard isOn else { throw RequestFailure.notFound }
            let user = try frame.person(request, context)
            return try await depart(
                .confirm(user.id), next: LocalPath.safe(request.query["next"]), request, context)
        }
        router.get(RouterPath(OpenIDSettings.callbackPath)) { request, context in
            let way = try way()
            do {
                return try await arrive(way, request, context)
            } catch let error as OpenIDError {
                throw failure(error, way, context)
            }
        }
    }

    /// What there is where the operator has set a provider.
    struct Way: Sendable {
        let settings: OpenIDSettings
        let provider: OpenIDProvider
    }

    private var isOn: Bool { provider != nil }

    func way() throws -> Way {
        guard let settings, let provider else { throw RequestFailure.notFound }
        return Way(settings: settings, provider: provider)
    }

    // MARK: The way there

    private func depart(
        _ purpose: ProviderTrip.Purpose, next: String, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let (address, cookie) = try await departure(purpose, next: next, request, context)
        var response = Response.redirect(to: address, type: .normal)
        response.setCookie(cookie)
        return response
    }

    /// Where the browser is to go, and the cookie without which it does not come back.
    func departure(
        _ purpose: ProviderTrip.Purpose, next: String, _ request: Request, _ context: GatewayContext
    ) async throws -> (address: String, cookie: Cookie) {
        let way = try way()
        let verdict = allowance.take(LoginThrottle.network(of: context.remoteAddress))
        guard verdict.isAllowed else { throw RequestFailure.tooManyRequests(retryAfter: verdict.seconds) }
        let secure = context.browser.usesSecureCookies
        // One for all trips of a browser: people begin one, and in another tab a second.
        let kept = request.cookies[BrowserCookies.tripName(secure: secure)]?.value
        let browser = kept.flatMap { RandomToken(untrusted: $0) } ?? RandomToken.make()
        let state = try await accounts.beginTrip(purpose, browser: browser, next: next)
        let asksAgain = if case .confirm = purpose { true } else { false }
        do {
            let address = try await way.provider.authorizationAddress(
                state: state, secrets: AuthorizationSecrets(browser: browser.text, state: state), asksAgain: asksAgain)
            return (address, BrowserCookies.trip(browser.text, secure: secure))
        } catch let error as OpenIDError {
            throw failure(error, way, context)
        }
    }

    // MARK: The way back

    private func arrive(_ way: Way, _ request: Request, _ context: GatewayContext) async throws -> Response {
        let query = request.query
        let secure = context.browser.usesSecureCookies
        let browser = request.cookies[BrowserCookies.tripName(secure: secure)]?.value ?? ""
        let state = query["state"] ?? ""
        guard let trip = try await accounts.endTrip(state: state, browser: browser) else {
            throw RequestFailure.tripOver(way.settings.name)
        }
        // Before anything else that came with it is believed.
        try await way.provider.checkIssuer(query["iss"])
        if let error = query["error"] { throw refusal(error, way, trip, context) }
        guard let code = query["code"], !code.isEmpty else { throw RequestFailure.tripOver(way.settings.name) }
        let since: Date? = if case .confirm = trip.purpose { trip.begunAt } else { nil }
        let person = try await way.provider.person(
            code: code, secrets: AuthorizationSecrets(browser: browser, state: state), authenticatedSince: since,
            wanting: way.settings.administrators)
        // The cookie stays for its ten minutes: another tab may be on its way, and a state works once.
        return switch trip.purpose {
        case .logIn: try await logIn(person, trip, way, request, context)
        case .connect(let id): try await connect(person, with: id, way, context)
        case .confirm(let id): try await confirm(person, id, trip, way, context)
        }
    }

    /// The session's person, if it is they who began the trip.
    private func traveller(_ id: UUID, _ context: GatewayContext) throws -> (user: User, token: String) {
        guard let user = context.user, user.id == id, let token = context.sessionToken else {
            throw RequestFailure.tripOver(settings?.name ?? "")
        }
        return (user, token)
    }

    private func connect(
        _ person: RecognisedPerson, with id: UUID, _ way: Way, _ context: GatewayContext
    ) async throws -> Response {
        let (user, token) = try traveller(id, context)
        switch try await accounts.connect(person.identity, with: user.id, from: token) {
        case .connected:
            context.logger.notice(
                "An account is connected with the provider", metadata: ["user.id": "\(user.id.uuidString.lowercased())"]
            )
            await audit.record(.identityConnected, by: user.id, context)
            return connected(with: person, way, context)
        case .already: return connected(with: person, way, context)
        case .others: throw RequestFailure.identityTaken(way.settings.name)
        case .hasAnother: throw RequestFailure.identityThere(way.settings.name)
        // It takes a while to ask the provider; somebody may have been put out meanwhile.
        case nil: throw RequestFailure.tripOver(way.settings.name)
        }
    }

    private func confirm(
        _ person: RecognisedPerson, _ id: UUID, _ trip: ProviderTrip, _ way: Way, _ context: GatewayContext
    ) async throws -> Response {
        let (user, token) = try traveller(id, context)
        guard try await accounts.user(identity: person.identity)?.user.id == user.id else {
            await audit.record(.logInFailed, by: user.id, detail: "openid other_identity", context)
            throw RequestFailure.identityOther(way.settings.name)
        }
        try await accounts.confirmAtProvider(token, isAll: !user.hasSecondFactor)
        return Response.redirect(to: LocalPath.safe(trip.next), type: .normal)
    }

    // MARK: What goes wrong

    /// The provider has sent the person back without a code (RFC 6749, 4.1.2.1; OpenID Connect Core 1.0, 3.1.2.6).
    private func refusal(
        _ error: String, _ way: Way, _ trip: ProviderTrip, _ context: GatewayContext
    ) -> RequestFailure {
        let name = way.settings.name
        let code = OpenIDError.word(error)
        context.logger.notice("The provider lets nobody in", metadata: ["oauth.error": "\(code)"])
        switch code {
        case "access_denied", "login_required", "interaction_required", "consent_required",
            "account_selection_required":
            return .providerDenied(name, trip)
        case "server_error", "temporarily_unavailable": return .providerAway(name)
        default: return .providerRefuses(name)
        }
    }

    private func failure(_ error: OpenIDError, _ way: Way, _ context: GatewayContext) -> RequestFailure {
        let name = way.settings.name
        switch error.kind {
        case .away, .busy:
            context.logger.warning("The provider cannot be asked", metadata: ["error": "\(error)"])
            return .providerAway(name)
        // The code was used already, or is too old.
        case .refused("invalid_grant"):
            context.logger.notice("The provider refuses a code", metadata: ["error": "\(error)"])
            return .tripOver(name)
        case .refused:
            context.logger.error("The provider refuses this site", metadata: ["error": "\(error)"])
            return .providerRefuses(name)
        case .untrusted:
            context.logger.error("What the provider answered is not taken", metadata: ["error": "\(error)"])
            return .providerUntrusted(name)
        }
    }
}

extension RecognisedPerson {
    var identity: ProviderIdentity { ProviderIdentity(issuer: issuer, subject: subject) }

    /// Nil where the provider gives no address.
    var profile: ProviderProfile? {
        ProviderProfile(name: claims.displayName, email: claims.text("email"), timeZone: claims.text("zoneinfo"))
    }
}
