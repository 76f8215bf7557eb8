import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import Accounts
@testable import GatewayCore

@Suite struct CSRFTests {
    private let csrf = CSRF(secret: String(repeating: "s", count: 32))

    private func context(visitor: String = "", session: String? = nil, isToken: Bool = false) -> GatewayContext {
        var context = GatewayContext(
            source: ApplicationRequestContextSource(channel: EmbeddedChannel(), logger: Logger(label: "tests")))
        context.browser = BrowserState(token: visitor, isNew: false, usesSecureCookies: false)
        let user = User(
            id: UUID(), name: "", email: "", isAdmin: false, finishedCount: 0, failedCount: 0, createdAt: Date(),
            timeZone: "UTC")
        if isToken { context.identity = Identity(user: user, proof: .apiToken(TokenGrant(id: UUID(), scopes: []))) }
        if let session { context.identity = Identity(user: user, proof: .session(sessionToken: session)) }
        return context
    }

    @Test func aTokenIsGoodForItsBrowserOnly() {
        let token = csrf.token(for: context(visitor: "one"))
        #expect(csrf.verify(token, in: context(visitor: "one")))
        #expect(!csrf.verify(token, in: context(visitor: "two")))
        #expect(!csrf.verify(token, in: context(visitor: "one", session: "s")))
        #expect(!CSRF(secret: String(repeating: "t", count: 32)).verify(token, in: context(visitor: "one")))
    }

    @Test func aVisitorsTokenIsNotThatOfASessionWithTheSameText() {
        #expect(csrf.token(for: context(visitor: "one")) != csrf.token(for: context(session: "one")))
    }

    @Test(arguments: [nil, "", "x", "%%%", String(repeating: "A", count: 43), String(repeating: "A", count: 9_999)])
    func whatIsNoTokenIsRefused(_ token: String?) {
        #expect(!csrf.verify(token, in: context(visitor: "one")))
        #expect(!csrf.verify(token, in: context(session: "s")))
    }

    @Test func aBrowserWithoutACookieHasNoToken() {
        let empty = context()
        #expect(!csrf.verify(csrf.token(for: empty), in: empty))
        #expect(!csrf.verify(csrf.visitorToken(for: empty), in: context(session: "s"), isForAnybody: true))
    }

    /// The form of a page that was loaded before a log-in or a log-out in another tab, where that makes no difference to it.
    @Test func aFormForAnybodyOutlivesALogInAndALogOut() {
        let sessions: [String?] = [nil, "s"]
        for before in sessions {
            let token = csrf.visitorToken(for: context(visitor: "one", session: before))
            for after in sessions {
                #expect(csrf.verify(token, in: context(visitor: "one", session: after), isForAnybody: true))
                #expect(!csrf.verify(token, in: context(visitor: "two", session: after), isForAnybody: true))
            }
            #expect(!csrf.verify(token, in: context(visitor: "one", session: "s")), "no other form takes it")
        }
    }

    @Test func aBrowserIsKnownForTheAccountItWasInOnly() {
        let known = KnownBrowser(secret: String(repeating: "s", count: 32))
        let cookie = known.cookie(for: "Ada@example.org")
        #expect(known.recognises(cookie, for: " ada@EXAMPLE.org"))
        #expect(!known.recognises(cookie, for: "eve@example.org"))
        #expect(!KnownBrowser(secret: String(repeating: "t", count: 32)).recognises(cookie, for: "ada@example.org"))
        #expect(known.cookie(for: "ada@example.org") != known.cookie(for: "ada@example.org"))
        for text in [nil, "", ".", "a.b", cookie + "x", String(cookie.dropLast(4)), cookie + "." + cookie] {
            #expect(!known.recognises(text, for: "ada@example.org"), "\(text ?? "nil")")
        }
    }

    @Test func anAPITokenNeedsNone() {
        #expect(csrf.verify(nil, in: context(isToken: true)))
    }

    @Test(
        arguments: [
            ([:], true),
            (["Sec-Fetch-Site": "same-origin"], true), (["Sec-Fetch-Site": "none"], true),
            (["Sec-Fetch-Site": "cross-site"], false), (["Sec-Fetch-Site": "same-site"], false),
            (["Origin": "http://mien.example:8080"], true), (["Origin": "https://mien.example:8080"], true),
            (["Origin": "http://mien.example"], false), (["Origin": "null"], false),
            (["Origin": "https://evil.example"], false),
        ] as [([String: String], Bool)])
    func otherSitesAreRefusedWhereTheBrowserNamesThem(_ headers: [String: String], _ isOurs: Bool) {
        var head = HTTPRequest(method: .post, scheme: "http", authority: "mien.example:8080", path: "/logout")
        for (name, value) in headers { head.headerFields[HTTPField.Name(name)!] = value }
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
        #expect(CSRF.comesFromThisSite(request) == isOurs)
    }
}
