/// Something about permissions that an operator should know, with what to do about it.
package struct PermissionFinding: Sendable, Hashable, CustomStringConvertible {
    /// Whether anything fails because of it.
    package enum Severity: Sendable {
        /// Something that Mien needs is not allowed.
        case problem
        /// Everything works, but more is allowed than has to be.
        case warning
    }

    /// Whether anything fails because of it.
    package let severity: Severity
    /// What is wrong, and what to do.
    package let description: String

    /// Something that Mien needs is not allowed.
    package static func problem(_ description: String) -> Self { Self(severity: .problem, description: description) }
    /// More is allowed than has to be.
    package static func warning(_ description: String) -> Self { Self(severity: .warning, description: description) }
}
