import Crypto
import Foundation
import ServiceSupport

/// 256 random bits that open something, of which the database keeps only the SHA-256. A fast hash is right for them:
/// unlike a password, they cannot be guessed.
package struct RandomToken: Sendable, Equatable {
    /// The token as cookies and headers carry it: base64url without padding.
    package let text: String

    package static func make(prefix: String = "") -> RandomToken {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        return RandomToken(text: prefix + bytes.base64URL)
    }

    /// Reads a token that came from outside; nil for anything that cannot be one, so that no query runs for it.
    package init?(untrusted text: some StringProtocol) {
        guard (20...200).contains(text.utf8.count), text.utf8.allSatisfy(Self.isTokenByte) else { return nil }
        self.init(text: String(text))
    }

    private init(text: String) {
        self.text = text
    }

    /// What the database keeps.
    package var hash: [UInt8] { Array(SHA256.hash(data: Data(text.utf8))) }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
