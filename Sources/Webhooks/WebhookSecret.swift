import Crypto
import Foundation

/// A secret with which messages are signed (Standard Webhooks 1.0: "whsec_" and base64 of 24 to 64 random bytes).
package struct WebhookSecret: Sendable, Equatable {
    package let text: String
    private let key: SymmetricKey

    private static let prefix = "whsec_"

    /// A new one.
    package static func make() -> WebhookSecret {
        WebhookSecret(key: SymmetricKey(size: .bits256))
    }

    /// Reads what was kept; nil for what is none.
    package init?(text: String) {
        guard text.hasPrefix(Self.prefix), let bytes = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))),
            (24...64).contains(bytes.count)
        else { return nil }
        self.init(key: SymmetricKey(data: bytes))
    }

    private init(key: SymmetricKey) {
        self.key = key
        text = Self.prefix + key.withUnsafeBytes { Data($0) }.base64EncodedString()
    }

    /// The signature of a message: HMAC-SHA256 of id, time and body with points between.
    package func signature(id: String, timestamp: Int, body: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(id).\(timestamp).\(body)".utf8), using: key)
        return "v1,\(Data(code).base64EncodedString())"
    }
}
