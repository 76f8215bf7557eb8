import Crypto
import Foundation

/// A code that is written down and works once in place of the second factor: 80 random bits, of which the database keeps
/// only the SHA-256. As with ``RandomToken``, a fast hash is right for what cannot be guessed.
package struct RecoveryCode: Sendable, Equatable {
    /// How many a person gets.
    package static let count = 10
    private static let length = 16

    /// As it is shown: "abcd-efgh-ijkl-mnop".
    package let text: String
    private let letters: String

    static func make() -> RecoveryCode {
        let bytes = SymmetricKey(size: .init(bitCount: length * 5)).withUnsafeBytes { Array($0) }
        return RecoveryCode(letters: Base32.encode(bytes).lowercased())
    }

    /// Reads what somebody typed, in whatever case and with or without the dashes; nil for what cannot be one.
    package init?(typed text: String) {
        let letters = text.lowercased().filter { !$0.isWhitespace && $0 != "-" }
        let isCode = letters.utf8.count == Self.length && letters.utf8.allSatisfy(Self.isLetter)
        guard isCode else { return nil }
        self.init(letters: letters)
    }

    private init(letters: String) {
        self.letters = letters
        text = Base32.grouped(letters, by: "-")
    }

    /// What the database keeps.
    var hash: [UInt8] { Array(SHA256.hash(data: Data(letters.utf8))) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "2")...UInt8(ascii: "7")).contains(byte)
    }
}
