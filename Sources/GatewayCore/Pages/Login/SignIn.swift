import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Passwords

/// How a person's password is asked for, as slowly as who guesses deserves, and how their session starts.
struct SignIn: Sendable {
    let accounts: AccountStore
    let factors: SecondFactorStore
    let audit: AuditLog
    let knownBrowser: KnownBrowser
    let throttle: LoginThrottle
    let ways: LogInWays
    private let gate = LoginGate(limit: 256)

    init(
        accounts: AccountStore, factors: SecondFactorStore, audit: AuditLog, secret: String, throttle: LoginThrottle,
        ways: LogInWays
    ) {
        self.accounts = accounts
        self.factors = factors
        self.audit = audit
        knownBrowser = KnownBrowser(secret: secret)
        self.throttle = throttle
        self.ways = ways
    }

    /// Lets an attempt through, as late as those before it that failed make it.
    func admit(address: String, account: String) async throws {
        let verdict = throttle.verdict(address: address, account: account)
        if let seconds = verdict.refusedFor { throw RequestFailure.tooManyRequests(retryAfter: seconds) }
        guard try await gate.delay(verdict.delay) else { throw RequestFailure.tooManyRequests(retryAfter: 10) }
    }

    /// Starts a new session, so that a token which was known before the log-in opens nothing after it.
    func start(
        _ user: User, next: String, byProvider: Bool = false, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        if case .session(let former)? = context.identity?.proof { try await accounts.endSession(former) }
        let token = try await accounts.startSession(
            of: user.id, userAgent: request.headers[.userAgent] ?? "", address: context.remoteAddress,
            byProvider: byProvider)
        var response = Response.redirect(to: LocalPath.safe(next), type: .normal)
        let secure = context.browser.usesSecureCookies
        response.setCookie(BrowserCookies.session(token, secure: secure))
        response.setCookie(BrowserCookies.known(knownBrowser.cookie(for: user.email), secure: secure))
        response.setCookie(BrowserCookies.theme(user.theme, secure: secure))
        return response
    }

    /// The password was right, or the provider has recognised the person: the code is asked for on a page of its own, and until
    /// then there is no session.
    func askForCode(
        _ user: User, next: String, byProvider: Bool = false, _ context: GatewayContext
    ) async throws -> Response {
        let token = try await accounts.beginLogIn(of: user.id, byProvider: byProvider)
        let next = LocalPath.safe(next)
        let query = next == LocalPath.home ? "" : "?next=\(next.addingPercentEncoding())"
        var response = Response.redirect(to: CodePage.path + query, type: .normal)
        response.setCookie(BrowserCookies.pending(token, secure: context.browser.usesSecureCookies))
        return response
    }

    /// Gives the browser a session's token that took the place of its own.
    func setSession(_ token: String, _ response: inout Response, _ context: GatewayContext) {
        response.setCookie(BrowserCookies.session(token, secure: context.browser.usesSecureCookies))
    }

    /// Asks for the password once more, as slowly for who guesses as the log-in.
    /// - Throws: ``AccountErrors`` when it is another.
    func confirm(_ password: String, of user: User, _ context: GatewayContext) async throws {
        let account = "confirm \(user.id)"
        try await admit(address: context.remoteAddress, account: account)
        do {
            guard try await accounts.isPassword(password, of: user.id) else {
                throttle.recordFailure(address: context.remoteAddress, account: account)
                throw AccountErrors(errors: [.currentPasswordWrong])
            }
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
        throttle.recordSuccess(account: account)
    }
}
