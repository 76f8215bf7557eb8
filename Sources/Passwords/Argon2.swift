import CArgon2

/// libargon2 in Swift terms. Its calls block: ``PasswordHasher`` runs them.
public enum Argon2 {
    /// What a hash costs.
    public struct Parameters: Sendable, Hashable {
        /// Memory in KiB.
        public var memory: UInt32
        /// Passes over the memory.
        public var passes: UInt32
        /// Lanes of the memory; one, because a server has other work for its cores.
        public var parallelism: UInt32

        /// Makes parameters; memory in KiB, at least 8 for each lane.
        public init(memory: UInt32, passes: UInt32, parallelism: UInt32 = 1) {
            self.memory = memory
            self.passes = passes
            self.parallelism = parallelism
        }

        /// OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
        public static let recommended = Parameters(memory: 19_456, passes: 2)

        var prefix: String { "$argon2id$v=19$m=\(memory),t=\(passes),p=\(parallelism)$" }
    }

    private static let saltLength = 16
    private static let hashLength = 32

    static func salt() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<saltLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    static func hash(_ password: [UInt8], salt: [UInt8], _ parameters: Parameters) throws -> String {
        let length = argon2_encodedlen(
            parameters.passes, parameters.memory, parameters.parallelism, UInt32(salt.count), UInt32(hashLength),
            Argon2_id)
        var encoded = [CChar](repeating: 0, count: length)
        let code = argon2id_hash_encoded(
            parameters.passes, parameters.memory, parameters.parallelism, password, password.count, salt, salt.count,
            hashLength, &encoded, length)
        guard code == ARGON2_OK.rawValue else { throw PasswordError.argon2(code, message(code)) }
        return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `argon2id_verify` compares in constant time and reads the parameters from the encoded hash.
    static func verify(_ password: [UInt8], against encoded: String) throws -> Bool {
        let code = argon2id_verify(encoded, password, password.count)
        switch code {
        case ARGON2_OK.rawValue: return true
        case ARGON2_VERIFY_MISMATCH.rawValue: return false
        default: throw PasswordError.argon2(code, message(code))
        }
    }

    private static func message(_ code: Int32) -> String {
        argon2_error_message(code).map { String(cString: $0) } ?? "unknown error"
    }
}
