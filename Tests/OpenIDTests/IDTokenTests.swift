import Crypto
import Foundation
import ServiceSupport
import Testing

@testable import OpenID

/// What an id token has to be, and by what it is signed (OpenID Connect Core 1.0, 3.1.3.7).
@Suite struct IDTokenTests {
    private static let seconds = Int(TestClaims.now.timeIntervalSince1970)

    @Test func aRightTokenSaysWhomItIsAbout() throws {
        #expect(try TestClaims.checks(since: TestClaims.now).subject(of: TestClaims.claims()) == "ada")
        for right: [String: Any?] in [
            ["aud": ["mien"]], ["aud": ["other", "mien"], "azp": "mien"], ["azp": "mien"],
            // Clocks may be a minute apart.
            ["exp": Self.seconds - 59], ["iat": Self.seconds + 59], ["nbf": Self.seconds + 59], ["auth_time": nil],
        ] {
            #expect(try TestClaims.checks().subject(of: TestClaims.claims(right)) == "ada", "\(right)")
        }
    }

    /// Each is wrong in one thing: the claim, what it is, and words of the refusal.
    private static let wrong: [(String, (any Sendable)?, String)] = [
        ("iss", "https://evil.example.org", "another issuer"),
        ("iss", "https://login.example.org/", "another issuer"), ("iss", nil, "another issuer"),
        ("aud", "other", "somebody else (aud)"), ("aud", ["other"], "(aud)"), ("aud", nil, "(aud)"),
        ("aud", ["mien", "other"], "(azp)"), ("azp", "other", "(azp)"),
        ("nonce", "another", "(nonce)"), ("nonce", nil, "(nonce)"),
        ("exp", seconds - 60, "expired"), ("exp", nil, "expired"), ("exp", "later", "expired"),
        ("iat", seconds + 61, "future"), ("iat", nil, "future"), ("nbf", seconds + 61, "yet"),
        ("sub", "", "(sub)"), ("sub", nil, "(sub)"), ("sub", String(repeating: "s", count: 256), "(sub)"),
        ("sub", "a\u{0}b", "(sub)"), ("sub", 7, "(sub)"),
        ("auth_time", seconds - 61, "(auth_time)"), ("auth_time", nil, "(auth_time)"),
        ("auth_time", seconds + 61, "(auth_time)"),
    ]

    @Test(arguments: wrong)
    func aTokenThatIsWrongInOneThingIsRefused(_ name: String, _ value: (any Sendable)?, _ words: String) throws {
        let claims = try TestClaims.claims([name: value])
        let error = #expect(throws: OpenIDError.self) {
            _ = try TestClaims.checks(since: TestClaims.now).subject(of: claims)
        }
        #expect(error?.kind == .untrusted)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    private func keys(_ jwks: [String]) throws -> [SigningKey] {
        try #require(SigningKey.all(in: Array(#"{"keys":[\#(jwks.joined(separator: ","))]}"#.utf8)))
    }

    @Test func aTokenIsReadOnceItsKeyHasVerifiedIt() throws {
        let key = TestKey()
        let token = try SignedToken(key.token(TestClaims.right()))
        #expect(token.algorithm == "ES256" && token.keyID == "one")
        let payload = try token.payload(verifiedBy: keys([key.jwk])[0])
        #expect(JSONValue.object(payload)?["sub"] == .text("ada"))
        let error = #expect(throws: OpenIDError.self) {
            _ = try token.payload(verifiedBy: keys([TestKey().jwk])[0])
        }
        #expect(error?.description.contains("signature is wrong") == true, "another's key of the same name")
    }

    @Test func aTokenThatWasChangedIsRefused() throws {
        let key = TestKey()
        let parts = try key.token(TestClaims.right()).split(separator: ".").map(String.init)
        let other = try key.token(TestClaims.right(["sub": "eve"])).split(separator: ".").map(String.init)
        for text in [
            "\(parts[0]).\(other[1]).\(parts[2])", "\(parts[0]).\(parts[1]).\(other[2])", "\(parts[0]).\(parts[1]).",
        ] {
            #expect(throws: OpenIDError.self) {
                _ = try SignedToken(text).payload(verifiedBy: keys([key.jwk])[0])
            }
        }
    }

    /// Signed by nobody, or by what this site knows itself: a client could make its own.
    @Test(arguments: ["none", "HS256", "HS512", "dir", "EdDSA", "es256", "RS256"])
    func onlySignaturesOfTheProvidersKeyAreTaken(_ algorithm: String) throws {
        let key = TestKey()
        #expect(throws: OpenIDError.self) {
            let token = try SignedToken(key.token(TestClaims.right(), header: ["alg": algorithm]))
            _ = try token.payload(verifiedBy: keys([key.jwk])[0])
        }
        let parts = try key.token(TestClaims.right(), header: ["alg": algorithm]).split(separator: ".")
        #expect(throws: OpenIDError.self) {
            _ = try SignedToken("\(parts[0]).\(parts[1]).").payload(verifiedBy: keys([key.jwk])[0])
        }
    }

    /// With the public key as the secret of an HMAC, a library that goes by the token's word would take it.
    @Test func thePublicKeyIsNoSecret() throws {
        let key = TestKey()
        let header = Data(#"{"alg":"HS256","kid":"one"}"#.utf8).base64URL
        let content = "\(header).\(try JSONSerialization.data(withJSONObject: TestClaims.right()).base64URL)"
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(content.utf8), using: SymmetricKey(data: Data(key.key.publicKey.x963Representation)))
        let error = #expect(throws: OpenIDError.self) { _ = try SignedToken("\(content).\(Data(code).base64URL)") }
        #expect(error?.description.contains("HS256") == true)
    }

    @Test func whatIsNoTokenOrAsksForMoreIsRefused() throws {
        let key = TestKey()
        let critical = try key.token(TestClaims.right(), header: ["crit": ["exp"], "exp": 1])
        for text in ["", "a", "a.b.c", "..", "a.b.c.d.e", String(repeating: "a", count: 70_000), critical] {
            #expect(throws: OpenIDError.self, "\(text.prefix(20))") { _ = try SignedToken(text) }
        }
    }

    @Test func keysForOtherUsesAreLeftOut() throws {
        let right = TestKey().jwk
        let long = String(repeating: "x", count: 342)
        let others = [
            right.replacing(#""use":"sig""#, with: #""use":"enc""#),
            right.replacing(#""use":"sig""#, with: #""key_ops":["encrypt"]"#),
            right.replacing("P-256", with: "secp256k1"), #"{"kty":"oct","k":"c2VjcmV0"}"#, #"{"kty":"OKP"}"#, "7", "{}",
            #"{"kty":"RSA","n":"\#(long.dropFirst(2))","e":"AQAB"}"#, #"{"kty":"RSA","n":"\#(long)"}"#,
            #"{"kty":"RSA","n":"\#(long)","e":"AQAB\",\"d\":\"x"}"#,
        ]
        for other in others { #expect(try keys([other]) == [], "\(other.prefix(60))") }
        let rsa = #"{"kty":"RSA","kid":"r","n":"\#(long)","e":"AQAB","alg":"RS256","d":"never"}"#
        let found = try keys(others + [right, rsa])
        #expect(found.count == 2 && found[1].json == #"{"kty":"RSA","n":"\#(long)","e":"AQAB"}"#)
        #expect(found[1].fits("RS256") && !found[1].fits("RS512") && !found[1].fits("ES256"))
        #expect(found[0].fits("ES256") && !found[0].fits("ES384") && !found[0].fits("RS256"))
        #expect(SigningKey.all(in: Array("[]".utf8)) == nil)
        #expect(try keys(Array(repeating: right, count: 100)).count == SigningKey.limit)
    }

    @Test func administratorsAreWhomTheProviderNames() throws {
        let rule = ClaimRule(claim: "realm_access.roles", value: "mien-admins")
        let nested = try TestClaims.claims(["realm_access": ["roles": ["user", "mien-admins"]]])
        #expect(rule.includes(nested) && rule.isNamed(in: nested))
        #expect(
            try rule.includes(TestClaims.claims(["realm_access.roles": "mien-admins"])), "the whole name comes first")
        for no: Any? in [nil, "mien-admin", "Mien-Admins", ["mien-admins2"], 7, [["mien-admins"]]] {
            #expect(try !rule.includes(TestClaims.claims(["realm_access": ["roles": no]])))
            #expect(try !ClaimRule(claim: "groups", value: "mien-admins").includes(TestClaims.claims(["groups": no])))
        }
        #expect(try ClaimRule(claim: "admin", value: "true").includes(TestClaims.claims(["admin": true])))
        #expect(try !ClaimRule(claim: "admin", value: "true").includes(TestClaims.claims(["admin": false])))
    }

    @Test func namesAreFoundWhereProvidersPutThem() throws {
        #expect(try TestClaims.claims(["name": " Ada Lovelace "]).displayName == "Ada Lovelace")
        #expect(try TestClaims.claims(["given_name": "Ada", "family_name": "Lovelace"]).displayName == "Ada Lovelace")
        #expect(try TestClaims.claims(["name": "  ", "preferred_username": "ada"]).displayName == "ada")
        #expect(try TestClaims.claims(["name": 7]).displayName == nil)
    }

    @Test func whatBindsALogInToItsBrowserIsOfBothHalves() {
        let secrets = AuthorizationSecrets(browser: "browser", state: "state")
        #expect(secrets == AuthorizationSecrets(browser: "browser", state: "state"))
        #expect(secrets.verifier.utf8.count == 43 && secrets.nonce != secrets.verifier)
        let others = [
            AuthorizationSecrets(browser: "other", state: "state"),
            AuthorizationSecrets(browser: "browser", state: "other"),
        ]
        for other in others { #expect(other.nonce != secrets.nonce && other.verifier != secrets.verifier) }
        // RFC 7636, appendix B, is about the same function.
        let challenge = Data(SHA256.hash(data: Data("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".utf8))).base64URL
        #expect(challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }
}
