/// Why a picture could not be drawn on.
public struct DrawingError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// A sentence that may be shown.
    public let description: String
    /// What cairo said; for logs only.
    public let detail: String

    /// Whether the same call may succeed later, as after a want of memory, but not with an impossible size.
    public let isRetriable: Bool

    init(_ description: String, detail: String, isRetriable: Bool = true) {
        self.description = description
        self.detail = detail
        self.isRetriable = isRetriable
    }

    /// Everything that is known, for logs.
    public var debugDescription: String { "DrawingError(\(description) [\(detail)])" }
}
