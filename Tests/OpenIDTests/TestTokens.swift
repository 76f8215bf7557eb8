import Crypto
import Foundation
import ServiceSupport

@testable import OpenID

/// A provider's key, and what it signs.
struct TestKey {
    let id: String?
    let key = P256.Signing.PrivateKey()

    init(_ id: String? = "one") {
        self.id = id
    }

    /// As the provider shows it (RFC 7518, 6.2.1).
    var jwk: String {
        let point = Data(key.publicKey.x963Representation)
        let name = id.map { #""kid":"\#($0)","# } ?? ""
        return
            #"{\#(name)"kty":"EC","crv":"P-256","use":"sig","x":"\#(point[1..<33].base64URL)","y":"\#(point[33...].base64URL)"}"#
    }

    /// A token in the compact form of RFC 7515.
    func token(_ claims: [String: Any], header more: [String: Any] = [:]) throws -> String {
        var header: [String: Any] = ["alg": "ES256", "typ": "JWT"]
        if let id { header["kid"] = id }
        header.merge(more) { $1 }
        let parts = try [header, claims].map { try JSONSerialization.data(withJSONObject: $0).base64URL }
        let content = parts.joined(separator: ".")
        let signature = try key.signature(for: Data(content.utf8)).rawRepresentation
        return "\(content).\(signature.base64URL)"
    }
}

/// What the tests' moment, site and person are.
enum TestClaims {
    static let now = Date(timeIntervalSince1970: 1_795_502_165)
    static let issuer = "https://login.example.org"

    static func right(_ changes: [String: Any?] = [:]) -> [String: Any] {
        let seconds = Int(now.timeIntervalSince1970)
        var claims: [String: Any] = [
            "iss": issuer, "aud": "mien", "sub": "ada", "nonce": "the nonce", "exp": seconds + 300, "iat": seconds,
            "auth_time": seconds - 5,
        ]
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    static func checks(since: Date? = nil) -> IDTokenChecks {
        IDTokenChecks(issuer: issuer, clientID: "mien", nonce: "the nonce", authenticatedSince: since, now: now)
    }

    static func claims(_ changes: [String: Any?] = [:]) throws -> Claims {
        let data = try JSONSerialization.data(withJSONObject: right(changes))
        return Claims(JSONValue.object(Array(data)) ?? [:])
    }
}
