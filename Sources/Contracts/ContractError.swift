/// Why bytes are not the message that was expected.
public struct ContractError: Error, Hashable, Sendable {
    /// What kind of fault it is; open, so that adding one breaks no switch.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name, as it appears in logs and dead letters.
        public let description: String

        /// The bytes are not the message, or a field holds what its readers cannot use.
        public static let malformed = Code(description: "malformed")
        /// The message is of a version that this reader is too old for.
        public static let unsupportedVersion = Code(description: "unsupported_version")
        /// The message has more bytes than its topic is made for.
        public static let tooLarge = Code(description: "too_large")
    }

    /// What kind of fault it is.
    public let code: Code
    /// Which field is wrong and in which way. It names no values, only fields, counts and limits.
    public let reason: String

    /// A fault in the bytes or in a field.
    public static func malformed(_ reason: String) -> ContractError {
        ContractError(code: .malformed, reason: reason)
    }

    /// A version that only newer code reads.
    public static func unsupportedVersion(_ version: UInt32, newest: UInt32) -> ContractError {
        ContractError(
            code: .unsupportedVersion, reason: "Version \(version) is newer than \(newest), the newest known.")
    }

    /// More bytes than the topic is made for.
    public static func tooLarge(bytes: Int, limit: Int) -> ContractError {
        ContractError(code: .tooLarge, reason: "\(bytes) bytes are more than \(limit), the most allowed.")
    }

    /// Never: the same bytes stay wrong.
    public var isRetriable: Bool { false }
}

extension ContractError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Safe to show: it holds no value of the message.
    public var description: String { "The message cannot be read (\(code))." }

    /// Everything that is known.
    public var debugDescription: String { "ContractError(\(code)): \(reason)" }
}
