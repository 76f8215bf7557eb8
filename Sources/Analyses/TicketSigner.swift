import Crypto
package import Foundation

/// Makes and checks the tickets with which a worker claims one photo.
///
/// A ticket is `generation.expiry.signature`; the signature is HMAC-SHA-256 over the purpose, the analysis id and both
/// numbers, so a ticket opens no other photo, no later try of the same one, and nothing after its expiry.
package struct TicketSigner: Sendable {
    /// How long a job message may lie in the queue before the sweeper has to publish a new one.
    package static let lifetime: TimeInterval = 24 * 3600

    private let key: SymmetricKey

    package init(secret: String) {
        key = SymmetricKey(
            data: HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("mien ticket".utf8),
                outputByteCount: 32
            ).withUnsafeBytes { Data($0) })
    }

    /// A ticket for one try of an analysis.
    func issue(_ id: UUID, generation: Int, now: Date = .now) -> String {
        let expiry = Int(now.timeIntervalSince1970 + Self.lifetime)
        let signature = HMAC<SHA256>.authenticationCode(for: Self.message(id, generation, expiry), using: key)
        return "\(generation).\(expiry).\(Data(signature).base64EncodedString())"
    }

    /// The generation that a ticket is for, or nil when it is for another photo, altered or expired.
    package func verify(_ ticket: String, for id: UUID, now: Date = .now) -> Int? {
        let parts = ticket.split(separator: ".", maxSplits: 2)
        guard parts.count == 3, let generation = Self.number(parts[0]), let expiry = Self.number(parts[1]),
            let signature = Data(base64Encoded: String(parts[2])),
            HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: Self.message(id, generation, expiry), using: key),
            now.timeIntervalSince1970 < Double(expiry)
        else { return nil }
        return generation
    }

    /// A number as ``issue(_:generation:now:)`` writes it: the signature is over numbers, and there is one text for
    /// each.
    private static func number(_ text: Substring) -> Int? {
        Int(text).flatMap { "\($0)" == text ? $0 : nil }
    }

    private static func message(_ id: UUID, _ generation: Int, _ expiry: Int) -> Data {
        Data("\(id.uuidString.lowercased())|\(generation)|\(expiry)".utf8)
    }
}
