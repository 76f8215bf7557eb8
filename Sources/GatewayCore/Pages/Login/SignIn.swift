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

    /// Looks at what somebody says is the password, as late as those before it that were wrong make it.
    ///
    /// The attempt counts from now on: of many at once no more are looked at than one after the other.
    /// - Parameter look: answers nil for a wrong one.
    func attempt<R>(address: String, account: String, _ look: () async throws -> R?) async throws -> R? {
        let delay = try await admission(address: address, account: account)
        var outcome = LoginThrottle.Outcome.none
        defer { throttle.end(address: address, account: account, outcome) }
        guard try await gate.delay(delay) else { throw RequestFailure.tooManyRequests(retryAfter: 10) }
        let found = try await look()
        outcome = found == nil ? .wrong : .right
        return found
    }

    /// How often an attempt that waits for others of its address asks again, and for how long.
    private static let crowdPause = 0.05
    private static let crowdPatience = 5.0

    /// Counts an attempt.
    /// - Returns: The seconds by which it is delayed.
    private func admission(address: String, account: String) async throws -> Double {
        let end = ContinuousClock.now + .seconds(Self.crowdPatience)
        while true {
            let verdict = throttle.admit(address: address, account: account)
            if let seconds = verdict.refusedFor { throw RequestFailure.tooManyRequests(retryAfter: seconds) }
            guard verdict.isCrowded else { return verdict.delay }
            // A class that logs in at once behind one address waits a moment; who guesses is refused by then.
            guard ContinuousClock.now < end, try await gate.delay(Self.crowdPause) else {
                throw RequestFailure.tooManyRequests(retryAfter: 1)
            }
        }
    }

    /// What a session starts on.
    enum Ground: Sendable {
        /// The password.
        case password(ShownPassword)
        /// The word of the provider that has recognised the person.
        case provider(ShownIdentity)
        /// One of those, which this token remembers, and then a code.
        case code(pendingToken: String)
        /// Nothing: somebody's account that was made just now.
        case account
    }

    /// What was shown is not true any more: meanwhile the password was changed, a second factor switched on, or the account
    /// disabled or disconnected.
    struct Overtaken: Error {}

    /// Starts a new session, so that a token which was known before the log-in opens nothing after it.
    /// - Throws: ``Overtaken``.
    func start(
        _ user: User, on ground: Ground = .account, next: String, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let (agent, address) = (request.headers[.userAgent] ?? "", context.remoteAddress)
        let started =
            switch ground {
            case .password(let shown):
                try await accounts.startSession(after: shown, userAgent: agent, address: address)
            case .code(let token):
                try await accounts.startSession(pendingToken: token, userAgent: agent, address: address)
            case .provider(let shown):
                try await accounts.startSession(after: shown, userAgent: agent, address: address)
            case .account: try await accounts.startSession(of: user.id, userAgent: agent, address: address)
            }
        guard let token = started else { throw Overtaken() }
        if case .session(let former)? = context.identity?.proof { try await accounts.endSession(former) }
        var response = Response.redirect(to: LocalPath.safe(next), type: .normal)
        let secure = context.browser.usesSecureCookies
        response.setCookie(BrowserCookies.session(token, secure: secure))
        response.setCookie(BrowserCookies.known(knownBrowser.cookie(for: user.email), secure: secure))
        response.setCookie(BrowserCookies.theme(user.theme, secure: secure))
        return response
    }

    /// The password was right, or the provider has recognised the person: the code is asked for on a page of its own, and until
    /// then there is no session.
    /// - Throws: ``Overtaken``.
    func askForCode(on ground: Ground, next: String, _ context: GatewayContext) async throws -> Response {
        let begun: String? =
            switch ground {
            case .password(let shown): try await accounts.beginLogIn(after: shown)
            case .provider(let shown): try await accounts.beginLogIn(after: shown)
            case .code, .account: nil
            }
        guard let token = begun else { throw Overtaken() }
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
        do {
            let isRight = try await attempt(address: context.remoteAddress, account: "confirm \(user.id)") {
                try await accounts.isPassword(password, of: user.id) ? true : nil
            }
            if isRight == nil { throw AccountErrors(errors: [.currentPasswordWrong]) }
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
    }
}
