import Crypto
package import Foundation

/// Makes and checks the tickets with which a worker claims one photo.
///
/// A ticket is `generation.expiry.message.signature`; the signature is HMAC-SHA-256 over the purpose, the analysis id and the
/// numbers, so a ticket opens no other photo, no later try of the same one, and nothing after its expiry. Those for drawings,
/// and those from before messages were told apart, are without the message.
package struct TicketSigner: Sendable {
    /// What a ticket is for.
    package struct Ticket: Sendable, Equatable {
        /// The try of the analysis.
        package let generation: Int
        /// The outbox's number of the message that it came with; nil where it does not tell.
        package var message: Int64?
    }

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
    ///
    /// - Parameter message: the outbox's number of the message that it goes with; nil where no other can be taken for it.
    func issue(_ id: UUID, generation: Int, message: Int64? = nil, now: Date = .now) -> String {
        let expiry = Int(now.timeIntervalSince1970 + Self.lifetime)
        let numbers: [Int] = [generation, expiry] + (message.map { [Int($0)] } ?? [])
        let signature = HMAC<SHA256>.authenticationCode(for: Self.text(id, numbers), using: key)
        return (numbers.map(String.init) + [Data(signature).base64EncodedString()]).joined(separator: ".")
    }

    /// What a ticket is for, or nil when it is for another photo, altered or expired.
    package func verify(_ ticket: String, for id: UUID, now: Date = .now) -> Ticket? {
        let parts = ticket.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.dropLast().compactMap(Self.number)
        guard (3...4).contains(parts.count), numbers.count == parts.count - 1,
            let signature = parts.last.flatMap({ Data(base64Encoded: String($0)) }),
            HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: Self.text(id, numbers), using: key),
            now.timeIntervalSince1970 < Double(numbers[1])
        else { return nil }
        return Ticket(generation: numbers[0], message: numbers.count == 3 ? Int64(numbers[2]) : nil)
    }

    /// A number as ``issue(_:generation:message:now:)`` writes it: the signature is over numbers, and there is one text for
    /// each.
    private static func number(_ text: Substring) -> Int? {
        Int(text).flatMap { "\($0)" == text ? $0 : nil }
    }

    private static func text(_ id: UUID, _ numbers: [Int]) -> Data {
        Data(([id.lower] + numbers.map(String.init)).joined(separator: "|").utf8)
    }
}
