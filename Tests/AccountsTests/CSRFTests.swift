import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Postgres
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

    /// What a form's page answers to a body of such pieces.
    private func refusal(
        of body: AsyncThrowingStream<ByteBuffer, any Error>, within deadline: Duration = .seconds(30),
        rateWindow: Duration = .seconds(10)
    ) async throws -> RequestFailure? {
        let logger = Logger(label: "tests")
        let pool = ConnectionPool(
            PostgresConfiguration(url: "postgres://unused", applicationName: "tests", size: 1), logger: logger)
        var frame = try PageFrame(Site.services(pool))
        frame.formPace.deadline = deadline
        frame.formPace.rateWindow = rateWindow
        let head = HTTPRequest(method: .post, scheme: "http", authority: "mien.example", path: "/login")
        let request = Request(head: head, body: RequestBody(asyncSequence: body))
        let visitor = context(visitor: "one")
        do {
            _ = try await frame.form(EmptyForm.self, request, visitor)
            return nil
        } catch let failure as RequestFailure {
            return failure
        }
    }

    /// It is read before it is known who sends it: a few thousand of these would be all connections there are.
    @Test func aFormThatComesTooSlowlyIsGivenUp() async throws {
        let endless = AsyncThrowingStream<ByteBuffer, any Error> { $0.yield(ByteBuffer(string: "email=")) }
        let failure = try await refusal(of: endless, within: .milliseconds(50))
        #expect(failure?.code == "too_slow" && failure?.status == .requestTimeout)
        #expect(failure?.headers[.connection] == "close")
    }

    /// It has too few bytes for a rate: the deadline alone decides.
    @Test func aFormThatComesOverABadLineIsTaken() async throws {
        let slow = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            let task = Task {
                for piece in ["email=ada", "%40example", ".org"] {
                    try await Task.sleep(for: .milliseconds(100))
                    continuation.yield(ByteBuffer(string: piece))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
        let failure = try await refusal(of: slow, rateWindow: .milliseconds(20))
        #expect(failure?.code == RequestFailure.forgedRequest.code, "it was read, and only its token is missing")
    }

    @Test func aLargeBodyIsGivenUpByItsRateLongBeforeItsDeadline() async throws {
        let pace = BodyPace(deadline: .seconds(60), rateWindow: .milliseconds(50))
        await #expect(throws: UploadError.tooSlow) {
            try await pace.run { progress in
                progress(1)
                try await Task.sleep(for: .seconds(60))
                return 1
            }
        }
    }

    @Test func aFormThatIsTooLongOrBreaksOffIsTheSendersFault() async throws {
        struct Broken: Error {}
        let long = AsyncThrowingStream<ByteBuffer, any Error> {
            for _ in 0..<5 { $0.yield(ByteBuffer(repeating: 0x61, count: 16 * 1024)) }
            $0.finish()
        }
        #expect(try await refusal(of: long)?.status == .contentTooLarge)
        let broken = AsyncThrowingStream<ByteBuffer, any Error> { $0.finish(throwing: Broken()) }
        #expect(try await refusal(of: broken)?.status == .badRequest)
    }
}
