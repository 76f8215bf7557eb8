/// What went wrong while hashing or verifying; a wrong password is no error.
public struct PasswordError: Error, CustomStringConvertible, CustomDebugStringConvertible {
    /// An open code, so that new ones break no caller.
    public struct Code: Sendable, Hashable {
        private let name: String

        /// Too many hashes run or wait.
        public static let busy = Code(name: "busy")
        /// libargon2 refused: no memory, or a hash that is none.
        public static let argon2 = Code(name: "argon2")
    }

    /// What kind of error it is.
    public let code: Code
    private let detail: String

    /// Too many hashes run or wait; the same call may succeed a moment later.
    public static let busy = PasswordError(code: .busy, detail: "too many hashes run or wait")

    static func argon2(_ code: Int32, _ message: String) -> PasswordError {
        PasswordError(code: .argon2, detail: "argon2 error \(code): \(message)")
    }

    /// Whether the same call may succeed later.
    public var isRetriable: Bool { code == .busy }

    /// Safe to show.
    public var description: String {
        isRetriable ? "Too many people are signing in right now." : "The password could not be checked."
    }

    /// Everything that is known, for logs.
    public var debugDescription: String { detail }
}
