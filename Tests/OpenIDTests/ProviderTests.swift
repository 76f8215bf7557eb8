import Foundation
import Logging
import Synchronization
import TestSupport
import Testing
import Transfers

@testable import OpenID

/// How a provider is asked, by one that answers as the test says.
@Suite struct ProviderTests {
    /// A provider on 127.0.0.1, its keys, and the clock.
    private final class Scene: Sendable {
        struct State {
            var keys: [TestKey] = []
            var token = ""
            var description: [String: String] = [:]
            var answers: [String: Receiver.Answer] = [:]
            var now = TestClaims.now
        }

        let state = Mutex(State())
        private let receiver = Mutex<Receiver?>(nil)

        init() throws {
            let made = try Receiver { [weak self] message in self?.answer(message) ?? Receiver.Answer(status: 500) }
            receiver.withLock { $0 = made }
            state.withLock { $0.keys = [TestKey()] }
        }

        var port: Int { receiver.withLock { $0?.port ?? 0 } }
        var issuer: String { "http://127.0.0.1:\(port)" }
        var asked: [String] { receiver.withLock { $0?.messages.map(\.target) ?? [] } }
        var messages: [Receiver.Message] { receiver.withLock { $0?.messages ?? [] } }

        func provider() -> OpenIDProvider {
            OpenIDProvider(
                OpenIDClient(
                    issuer: issuer, id: "mien", secret: "geheim:%", redirectURI: "https://mien.example.org/back"),
                logger: Logger(label: "tests"), now: { [self] in state.withLock { $0.now } })
        }

        /// Signs a right token for these secrets with the newest key.
        func sign(_ secrets: AuthorizationSecrets, _ changes: [String: Any?] = [:], by key: TestKey? = nil) throws {
            let claims = TestClaims.right(["iss": issuer, "nonce": secrets.nonce].merging(changes) { $1 })
            let newest = state.withLock { $0.keys[$0.keys.count - 1] }
            let token = try (key ?? newest).token(claims)
            state.withLock { $0.token = token }
        }

        private func answer(_ message: Receiver.Message) -> Receiver.Answer {
            state.withLock { state in
                if let answer = state.answers[message.target] { return answer }
                switch message.target {
                case "/.well-known/openid-configuration":
                    var members = [
                        "issuer": issuer, "authorization_endpoint": "\(issuer)/authorize?tenant=1",
                        "token_endpoint": "\(issuer)/token", "userinfo_endpoint": "\(issuer)/userinfo",
                        "jwks_uri": "\(issuer)/keys",
                    ].mapValues { "\"\($0)\"" }
                    members.merge(state.description) { $1 }
                    let text = members.map { "\"\($0)\":\($1)" }.joined(separator: ",")
                    return Receiver.Answer(status: 200, body: "{\(text)}")
                case "/keys":
                    return Receiver.Answer(
                        status: 200, body: #"{"keys":[\#(state.keys.map(\.jwk).joined(separator: ","))]}"#)
                case "/token":
                    return Receiver.Answer(
                        status: 200,
                        body: #"{"id_token":"\#(state.token)","access_token":"opens","token_type":"Bearer"}"#)
                default:
                    return Receiver.Answer(
                        status: 200, body: #"{"sub":"ada","email":"ada@example.org","name":"Ada","groups":["g"]}"#)
                }
            }
        }
    }

    private let secrets = AuthorizationSecrets(browser: "browser", state: "state")

    @Test func aBrowserIsSentThereWithAllThatBindsIt() async throws {
        let scene = try Scene()
        let provider = scene.provider()
        let address = try await provider.authorizationAddress(state: "s t", secrets: secrets, asksAgain: false)
        let fields = URLComponents(string: address)?.queryItems ?? []
        let expected = [
            ("tenant", "1"), ("response_type", "code"), ("client_id", "mien"),
            ("redirect_uri", "https://mien.example.org/back"), ("scope", "openid profile email"), ("state", "s t"),
            ("nonce", secrets.nonce), ("code_challenge", secrets.challenge), ("code_challenge_method", "S256"),
        ]
        #expect(fields.map(\.name) == expected.map(\.0) && fields.map(\.value) == expected.map(\.1))
        #expect(!address.contains(secrets.verifier))
        let again = try await provider.authorizationAddress(state: "s", secrets: secrets, asksAgain: true)
        #expect(again.hasSuffix("&prompt=login&max_age=0"))
        #expect(scene.asked.count == 1, "what the provider says of itself is kept")
        scene.state.withLock { $0.now += OpenIDProvider.lifetime }
        _ = try await provider.authorizationAddress(state: "s", secrets: secrets, asksAgain: true)
        #expect(scene.asked.count == 2)
    }

    @Test func aCodeIsExchangedForAPerson() async throws {
        let scene = try Scene()
        try scene.sign(secrets, ["email": "ada@example.org", "name": "Ada"])
        let person = try await scene.provider().person(code: "the code", secrets: secrets)
        #expect(person.issuer == scene.issuer && person.subject == "ada" && person.claims.text("name") == "Ada")
        #expect(!scene.asked.contains("/userinfo"), "the id token has told all")
        let message = try #require(scene.messages.first { $0.target == "/token" })
        // RFC 6749, 2.3.1: both are encoded before they are joined.
        #expect(message.headers["authorization"] == "Basic \(Data("mien:geheim%3A%25".utf8).base64EncodedString())")
        #expect(
            message.body
                == "grant_type=authorization_code&code=the%20code&redirect_uri=https%3A%2F%2Fmien.example.org%2Fback&code_verifier=\(secrets.verifier)"
        )
    }

    @Test(arguments: [(5, true), (115, true), (125, false), (-55, true), (-65, false), (nil, false)] as [(Int?, Bool)])
    func whetherTheProviderHasAskedJustNowTheIDTokenAloneSays(_ age: Int?, _ isFresh: Bool) async throws {
        let scene = try Scene()
        let seconds = Int(TestClaims.now.timeIntervalSince1970)
        try scene.sign(secrets, ["auth_time": age.map { seconds - $0 }])
        let body = #"{"sub":"ada","email":"ada@example.org","name":"Ada","auth_time":\#(seconds)}"#
        scene.state.withLock { $0.answers["/userinfo"] = Receiver.Answer(status: 200, body: body) }
        let person = try await scene.provider().person(code: "c", secrets: secrets)
        #expect(scene.asked.contains("/userinfo") && person.isFresh(at: TestClaims.now) == isFresh)
    }

    @Test func theSecretGoesIntoTheFormWhereTheProviderWantsItThere() async throws {
        let scene = try Scene()
        scene.state.withLock { $0.description["token_endpoint_auth_methods_supported"] = #"["client_secret_post"]"# }
        try scene.sign(secrets, ["email": "ada@example.org", "name": "Ada"])
        _ = try await scene.provider().person(code: "c", secrets: secrets)
        let message = try #require(scene.messages.first { $0.target == "/token" })
        #expect(message.headers["authorization"] == nil)
        #expect(message.body.hasSuffix("&client_id=mien&client_secret=geheim%3A%25"))
    }

    @Test func theUserinfoTellsWhatTheTokenDoesNotAndIsOfTheSamePerson() async throws {
        let scene = try Scene()
        try scene.sign(secrets, ["name": "Augusta"])
        let provider = scene.provider()
        let person = try await provider.person(code: "c", secrets: secrets)
        #expect(person.claims.text("email") == "ada@example.org" && person.claims.text("name") == "Augusta")
        #expect(scene.messages.first { $0.target == "/userinfo" }?.headers["authorization"] == "Bearer opens")
        try scene.sign(secrets, ["name": "Ada", "email": "ada@example.org"])
        let rule = ClaimRule(claim: "groups", value: "g")
        let other = try await provider.person(code: "c", secrets: secrets, wanting: rule)
        #expect(rule.includes(other.claims), "it is asked for what makes administrators, too")
        for body in [#"{"sub":"eve","email":"ada@example.org"}"#, #"{"email":"ada@example.org"}"#, "no JSON"] {
            scene.state.withLock { $0.answers["/userinfo"] = Receiver.Answer(status: 200, body: body) }
            try scene.sign(secrets)
            let error = await #expect(throws: OpenIDError.self) {
                try await provider.person(code: "c", secrets: secrets)
            }
            #expect(error?.kind == .untrusted)
        }
    }

    @Test func anUnknownKeyIsLookedForAtOnceAndThenNotMoreOftenThanEveryHalfMinute() async throws {
        let scene = try Scene()
        let provider = scene.provider()
        try scene.sign(secrets)
        _ = try await provider.person(code: "c", secrets: secrets)
        #expect(scene.asked.count { $0 == "/keys" } == 1)
        let stranger = TestKey("stranger")
        try scene.sign(secrets, by: stranger)
        for _ in 0..<3 {
            let error = await #expect(throws: OpenIDError.self) {
                try await provider.person(code: "c", secrets: secrets)
            }
            #expect(error?.description.contains("does not show") == true)
        }
        #expect(scene.asked.count { $0 == "/keys" } == 2)
        scene.state.withLock { state in
            state.now += OpenIDProvider.keyInterval
            state.keys.append(TestKey("two"))
        }
        for _ in 0..<3 {
            await #expect(throws: OpenIDError.self) { try await provider.person(code: "c", secrets: secrets) }
        }
        #expect(scene.asked.count { $0 == "/keys" } == 3)
        try scene.sign(secrets)
        #expect(try await provider.person(code: "c", secrets: secrets).subject == "ada", "the new key is known by now")
        // A key that is shown no more counts as long as it is kept here, an hour.
        scene.state.withLock { state in
            state.keys.removeFirst()
            state.now += OpenIDProvider.lifetime
        }
        try scene.sign(secrets, ["exp": Int(TestClaims.now.timeIntervalSince1970) + 9_000])
        #expect(try await provider.person(code: "c", secrets: secrets).subject == "ada")
        #expect(scene.asked.count { $0 == "/keys" } == 4)
    }

    @Test func whoComesWhileTheKeysAreAskedForWaitsForThem() async throws {
        let scene = try Scene()
        let provider = scene.provider()
        try scene.sign(secrets)
        _ = try await provider.person(code: "c", secrets: secrets)
        scene.state.withLock { $0.keys = [TestKey("new")] }
        try scene.sign(secrets)
        let secrets = secrets
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<5 {
                group.addTask { try await provider.person(code: "c", secrets: secrets).subject }
            }
            for try await subject in group { #expect(subject == "ada") }
        }
        #expect(scene.asked.count { $0 == "/keys" } == 2)
    }

    @Test func aKeyWithoutANameIsFoundWhenItIsTheOnlyOneAndAfterItWasChanged() async throws {
        let scene = try Scene()
        scene.state.withLock { $0.keys = [TestKey(nil)] }
        let provider = scene.provider()
        try scene.sign(secrets)
        #expect(try await provider.person(code: "c", secrets: secrets).subject == "ada")
        scene.state.withLock { state in
            state.keys = [TestKey(nil)]
            state.now += OpenIDProvider.keyInterval
        }
        try scene.sign(secrets)
        #expect(try await provider.person(code: "c", secrets: secrets).subject == "ada")
        scene.state.withLock { state in
            state.keys.append(TestKey(nil))
            state.now += OpenIDProvider.lifetime
        }
        try scene.sign(secrets, ["exp": Int(TestClaims.now.timeIntervalSince1970) + 9_000])
        await #expect(throws: OpenIDError.self) { try await provider.person(code: "c", secrets: secrets) }
    }

    /// Every description that is wrong in one thing is refused in words that say which.
    @Test(arguments: [
        ("issuer", #""https://evil.example.org""#, "calls itself"), ("token_endpoint", "null", "no token_endpoint"),
        ("token_endpoint", #""http://login.example.org/token""#, "no https address"),
        ("authorization_endpoint", #""javascript:alert(1)""#, "no https address"),
        ("jwks_uri", #""https://user@login.example.org/""#, "no https address"),
        ("id_token_signing_alg_values_supported", #"["HS256","none"]"#, "none is taken"),
        ("token_endpoint_auth_methods_supported", #"["private_key_jwt"]"#, "neither"),
        ("code_challenge_methods_supported", #"["plain"]"#, "S256"),
    ])
    func aWrongDescriptionIsRefused(_ name: String, _ value: String, _ words: String) async throws {
        let scene = try Scene()
        scene.state.withLock { $0.description[name] = value }
        let error = await #expect(throws: OpenIDError.self) { try await scene.provider().check() }
        #expect(error?.kind == .untrusted && error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func aTokenIsSignedAsTheProviderSaysThatItSigns() async throws {
        let scene = try Scene()
        scene.state.withLock { $0.description["id_token_signing_alg_values_supported"] = #"["RS256"]"# }
        try scene.sign(secrets)
        await #expect(throws: OpenIDError.self) { try await scene.provider().person(code: "c", secrets: secrets) }
    }

    @Test func theAnswersIssuerIsChecked() async throws {
        let scene = try Scene()
        try await scene.provider().checkIssuer(nil)
        try await scene.provider().checkIssuer(scene.issuer)
        await #expect(throws: OpenIDError.self) { try await scene.provider().checkIssuer("https://evil.example.org") }
        scene.state.withLock { $0.description["authorization_response_iss_parameter_supported"] = "true" }
        await #expect(throws: OpenIDError.self) { try await scene.provider().checkIssuer(nil) }
    }

    @Test func faultsAreToldApart() async throws {
        let scene = try Scene()
        let provider = scene.provider()
        #expect(try await provider.check() == 1)
        func kind(_ answer: Receiver.Answer, at target: String = "/token") async -> OpenIDError.Kind? {
            scene.state.withLock { $0.answers = [target: answer] }
            return await #expect(throws: OpenIDError.self) { try await provider.person(code: "c", secrets: secrets) }?
                .kind
        }
        #expect(await kind(.init(status: 400, body: #"{"error":"invalid_grant"}"#)) == .refused("invalid_grant"))
        #expect(await kind(.init(status: 401, body: #"{"error":"invalid_client"}"#)) == .refused("invalid_client"))
        #expect(await kind(.init(status: 503, body: #"{"error":"x"}"#)) == .away)
        #expect(await kind(.init(status: 200, body: #"{"access_token":"a"}"#)) == .untrusted)
        #expect(
            await kind(.init(status: 302, headers: "Location: http://127.0.0.1:\(scene.port)/keys\r\n")) == .untrusted)
        #expect(!scene.asked.suffix(1).contains("/keys"), "no redirect is followed")
        let long = String(repeating: " ", count: 300_000)
        #expect(await kind(.init(status: 200, body: "{\(long)}")) == .untrusted, "an answer is bounded")
        // Where the description cannot be had, the one from before serves; where there is none, nothing does.
        scene.state.withLock { state in
            state.answers = ["/.well-known/openid-configuration": .init(status: 500)]
            state.now += OpenIDProvider.lifetime
        }
        try scene.sign(secrets, ["exp": Int(TestClaims.now.timeIntervalSince1970) + 9_000])
        #expect(try await provider.person(code: "c", secrets: secrets).subject == "ada")
        let error = await #expect(throws: OpenIDError.self) { try await scene.provider().check() }
        #expect(error?.kind == .away && error?.isRetriable == true)
    }

    @Test func whoComesWhileTheProviderDescribesItselfWaitsForIt() async throws {
        let scene = try Scene()
        let provider = scene.provider()
        let secrets = secrets
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    _ = try await provider.authorizationAddress(state: "s", secrets: secrets, asksAgain: false)
                }
            }
            try await group.waitForAll()
        }
        #expect(scene.asked.count == 1)
    }

    @Test func whatItSaidBeforeIsUsedForAWhileWhenItSaysNothingNow() async throws {
        let scene = try Scene()
        let provider = scene.provider()
        func depart() async throws {
            _ = try await provider.authorizationAddress(state: "s", secrets: secrets, asksAgain: false)
        }
        try await depart()
        scene.state.withLock { state in
            state.answers = ["/.well-known/openid-configuration": .init(status: 500)]
            state.now += OpenIDProvider.lifetime
        }
        for _ in 0..<3 { try await depart() }
        #expect(scene.asked.count == 2, "only the first of them waited for it")
        scene.state.withLock { $0.now += OpenIDProvider.patience }
        for _ in 0..<3 { try await depart() }
        #expect(scene.asked.count == 3)
        scene.state.withLock { state in
            state.answers = [:]
            state.now += OpenIDProvider.patience
        }
        for _ in 0..<3 { try await depart() }
        #expect(scene.asked.count == 4)
    }

    /// Four at a time, ten seconds each, the last of 64 would wait for 160.
    @Test func behindAServerThatHangsNobodyWaitsLongerThanTheyWereToldTo() async throws {
        let receiver = try Receiver { _ in
            Thread.sleep(forTimeInterval: 10)
            return Receiver.Answer()
        }
        let (caller, call) = (HTTPCaller(), HTTPCall(url: receiver.url, allowsClearText: true, seconds: 2))
        let start = ContinuousClock.now
        let kinds = await withTaskGroup(of: TransferError.Kind?.self) { group in
            for _ in 0..<30 {
                group.addTask {
                    do {
                        _ = try await caller.call(call)
                        return nil
                    } catch {
                        return (error as? TransferError)?.kind
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(kinds.count == 30 && kinds.allSatisfy { $0 == .tooSlow })
        #expect(ContinuousClock.now - start < .seconds(4))
    }

    @Test func nobodyIsAskedByClearTextBeyondThisMachine() {
        for right in [
            "https://login.example.org", "https://login.example.org/realms/a/", "http://localhost:9400",
            "http://127.0.0.1:9400", "http://[::1]:9400",
        ] {
            #expect(OpenIDClient.problem(withIssuer: right, allowsClearText: false) == nil, "\(right)")
        }
        for wrong in [
            "login.example.org", "http://login.example.org", "http://127.0.0.1.example.org",
            "http://localhost.example.org",
            "https://login.example.org/?a", "https://login.example.org/#a", "https://a:b@login.example.org", "ftp://a",
            "",
        ] {
            #expect(OpenIDClient.problem(withIssuer: wrong, allowsClearText: false) != nil, "\(wrong)")
        }
        #expect(OpenIDClient.problem(withIssuer: "http://login.lan", allowsClearText: true) == nil)
    }
}
