import Crypto
import Foundation
import ServiceSupport

/// Recognises browsers from which a person has logged in before (OWASP calls it a device cookie), so that a stranger's
/// guessing, even from behind the same address, never keeps the owner of an account out.
///
/// The cookie opens nothing: it only gives this browser a throttle of its own for that one account.
package struct KnownBrowser: Sendable {
    private let key: SymmetricKey

    package init(secret: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("mien known browser v1".utf8),
            outputByteCount: 32)
    }

    /// What the browser keeps after a log-in: a random part, so that each browser is counted for itself, and its proof.
    package func cookie(for email: String) -> String {
        let name = RandomToken.make().text
        return "\(name).\(Data(HMAC<SHA256>.authenticationCode(for: message(name, email), using: key)).base64URL)"
    }

    /// Whether the cookie was given after a log-in with this address, in whatever case.
    package func recognises(_ cookie: String?, for email: String) -> Bool {
        guard let parts = cookie?.split(separator: "."), parts.count == 2, let name = RandomToken(untrusted: parts[0]),
            let code = Data(base64URL: String(parts[1]))
        else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message(name.text, email), using: key)
    }

    private func message(_ name: String, _ email: String) -> Data {
        Data("\(name) \(email.trimmingCharacters(in: .whitespacesAndNewlines).lowercased())".utf8)
    }
}
