import Foundation

/// A public key by which a provider's signatures are verified (RFC 7517).
struct SigningKey: Sendable, Equatable {
    enum Kind: String, Sendable {
        case rsa
        case p256 = "P-256"
        case p384 = "P-384"
        case p521 = "P-521"
    }

    /// By which tokens name it; nil where it has no name.
    let id: String?
    /// The one algorithm that it is for; nil where that is not said.
    let algorithm: String?
    let kind: Kind
    /// Its public members alone, as a JWK.
    let json: String

    /// How many keys of a provider are looked at.
    static let limit = 64
    /// Bits of an RSA key at least (RFC 7518, 3.3).
    static let leastRSABits = 2048

    /// The keys of a set that verify signatures; those of other kinds and uses are left out (RFC 7517, 5).
    static func all(in bytes: [UInt8]) -> [SigningKey]? {
        guard let list = JSONValue.object(bytes)?["keys"]?.list else { return nil }
        return list.prefix(limit).compactMap { $0.members.flatMap(SigningKey.init) }
    }

    private init?(_ members: [String: JSONValue]) {
        guard ["sig", nil].contains(members["use"]?.text) else { return nil }
        if let operations = members["key_ops"]?.texts, !operations.contains("verify") { return nil }
        let names: [String]
        switch members["kty"]?.text {
        case "RSA":
            guard let modulus = members["n"]?.text, Self.bits(modulus) >= Self.leastRSABits else { return nil }
            kind = .rsa
            names = ["kty", "n", "e"]
        case "EC":
            guard let curve = members["crv"]?.text.flatMap(Kind.init(rawValue:)), curve != .rsa else { return nil }
            kind = curve
            names = ["kty", "crv", "x", "y"]
        default: return nil
        }
        let texts = names.compactMap { name in members[name]?.text.map { (name, $0) } }
        guard texts.count == names.count, texts.allSatisfy({ $0.1.utf8.allSatisfy(Self.isPlain) }) else { return nil }
        id = members["kid"]?.text
        algorithm = members["alg"]?.text
        json = "{" + texts.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",") + "}"
    }

    /// Whether signatures of an algorithm can be this key's.
    func fits(_ algorithm: String) -> Bool {
        guard self.algorithm == nil || self.algorithm == algorithm else { return false }
        switch kind {
        case .rsa: return algorithm.hasPrefix("RS") || algorithm.hasPrefix("PS")
        case .p256: return algorithm == "ES256"
        case .p384: return algorithm == "ES384"
        case .p521: return algorithm == "ES512"
        }
    }

    /// About how many bits a number in base64url has: leading zeros are none of it.
    private static func bits(_ text: String) -> Int { text.drop { $0 == "A" }.utf8.count * 6 }

    /// Base64url, and the names of curves: nothing that JSON would read otherwise.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
