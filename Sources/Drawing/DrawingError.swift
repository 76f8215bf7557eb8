/// Why a picture could not be drawn on.
public struct DrawingError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// A sentence that may be shown.
    public let description: String
    /// What cairo said; for logs only.
    public let detail: String

    init(_ description: String, detail: String) {
        self.description = description
        self.detail = detail
    }

    /// Drawing fails for want of memory or for impossible sizes; the same call may succeed later only in the first case.
    public var isRetriable: Bool { true }

    /// Everything that is known, for logs.
    public var debugDescription: String { "DrawingError(\(description) [\(detail)])" }
}
