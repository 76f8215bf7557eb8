import Crypto
package import Foundation
import ServiceSupport

/// What a browser keeps after a link's right password: it opens this one link, for a while.
package struct SharePass: Sendable {
    private let key: SymmetricKey

    /// How long it opens the link, in seconds.
    package static let lifetime = 2 * 3_600

    /// - Parameter secret: the operator's.
    package init(secret: String) {
        // A key of its own, so that nothing else that is signed with the same secret can be taken for it.
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("mien share v1".utf8),
            outputByteCount: 32)
    }

    /// The cookie's value: until when, and the proof.
    package func text(for share: UUID, now: Date = Date()) -> String {
        let end = Int(now.timeIntervalSince1970) + Self.lifetime
        return "\(end).\(Data(HMAC<SHA256>.authenticationCode(for: Self.message(share, end), using: key)).base64URL)"
    }

    /// Whether it was made for this link, and its time is not over.
    package func opens(_ text: String?, _ share: UUID, now: Date = Date()) -> Bool {
        guard let parts = text?.split(separator: "."), parts.count == 2, let end = Int(parts[0]),
            let code = Data(base64URL: String(parts[1])), now.timeIntervalSince1970 < Double(end)
        else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Self.message(share, end), using: key)
    }

    private static func message(_ share: UUID, _ end: Int) -> Data { Data("\(share.uuidString) \(end)".utf8) }
}
