import Crypto
import Foundation
import ServiceSupport

/// What binds a log-in at the provider to the browser that began it: made from a random text that only this browser's cookie holds,
/// so that nothing of it has to be kept here.
package struct AuthorizationSecrets: Sendable, Equatable {
    /// Comes back in the id token (OpenID Connect Core 1.0, 3.1.2.1).
    let nonce: String
    /// Shows, at the exchange of the code, that it was this site that asked for it: 43 characters (RFC 7636, 4.1).
    let verifier: String

    /// - Parameters:
    ///   - browser: the cookie's text, 256 random bits.
    ///   - state: the log-in's own, so that two of one browser have nothing in common.
    package init(browser: String, state: String) {
        func derive(_ purpose: String) -> String {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: Data(browser.utf8)), salt: Data(state.utf8),
                info: Data("mien openid \(purpose) v1".utf8), outputByteCount: 32
            ).withUnsafeBytes { Data($0).base64URL }
        }
        nonce = derive("nonce")
        verifier = derive("verifier")
    }

    /// What the provider is shown of the verifier at first (RFC 7636, 4.2: S256).
    var challenge: String { Data(SHA256.hash(data: Data(verifier.utf8))).base64URL }
}
