import Crypto
import Foundation

/// One-time codes made from a secret and the clock (RFC 6238, on RFC 4226): HMAC-SHA-1, six digits and a new one every 30
/// seconds, which is what every authenticator app takes. SHA-1's collisions are no matter in an HMAC.
package enum TOTP {
    /// Seconds for which a code is shown.
    static let period = 30
    static let digits = 6
    /// Bytes of a secret; RFC 4226, 4, R6 recommends 160 bits.
    static let secretLength = 20
    /// Steps that a clock may be wrong either way; RFC 6238, 5.2 recommends one at most.
    static let drift: Int64 = 1

    /// A new secret.
    static func makeSecret() -> [UInt8] {
        SymmetricKey(size: .init(bitCount: secretLength * 8)).withUnsafeBytes { Array($0) }
    }

    /// How many periods have begun since 1970.
    static func step(at date: Date) -> Int64 {
        Int64((date.timeIntervalSince1970 / Double(period)).rounded(.down))
    }

    /// The code of a step (RFC 4226, 5.3).
    /// - Parameter digits: up to 9.
    static func code(secret: [UInt8], step: Int64, digits: Int = digits) -> String {
        let counter = withUnsafeBytes(of: step.bigEndian) { Data($0) }
        let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
        let offset = Int(mac[mac.count - 1] & 0x0F)
        let number = mac[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let text = String(number % (0..<digits).reduce(UInt32(1)) { power, _ in power * 10 })
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// The step whose code this is, among those that a clock may show now; nil when it is none.
    /// - Parameter last: the step whose code was taken last: it and those before it are not looked at again.
    static func step(of code: String, secret: [UInt8], after last: Int64, now: Date) -> Int64? {
        let current = step(at: now)
        var found: Int64?
        for step in (current - drift)...(current + drift) where step > last {
            if isEqual(code, Self.code(secret: secret, step: step)) { found = step }
        }
        return found
    }

    /// A code as somebody types it, such as "123 456"; nil for what cannot be one.
    static func typed(_ text: String) -> String? {
        let code = text.filter { !$0.isWhitespace && $0 != "-" }
        return code.utf8.count == digits
            && code.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            ? code : nil
    }

    /// Compares in a time that does not tell where two codes differ.
    private static func isEqual(_ one: String, _ other: String) -> Bool {
        guard one.utf8.count == other.utf8.count else { return false }
        return zip(one.utf8, other.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
