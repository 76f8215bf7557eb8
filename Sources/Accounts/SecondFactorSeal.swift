import Crypto
import Foundation

/// Seals the secrets of second factors: a copy of the database, without the gateway's secret, makes no codes.
///
/// Each is bound to its account, so that nobody who can write to the database gives somebody's account their own.
struct SecondFactorSeal: Sendable {
    private let key: SymmetricKey

    init(secret: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("mien second factor v1".utf8),
            outputByteCount: 32)
    }

    /// AES-GCM: nonce, ciphertext and tag.
    func seal(_ secret: [UInt8], of userID: UUID) throws -> [UInt8] {
        let box = try AES.GCM.seal(secret, using: key, authenticating: Data(userID.uuidString.utf8))
        // A nonce of the usual length, as CryptoKit makes it, always combines.
        guard let combined = box.combined else { throw CryptoKitError.incorrectParameterSize }
        return Array(combined)
    }

    /// Nil when it was sealed with another key or for another account, or was changed.
    func open(_ sealed: [UInt8], of userID: UUID) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let secret = try? AES.GCM.open(box, using: key, authenticating: Data(userID.uuidString.utf8))
        else { return nil }
        return Array(secret)
    }
}
