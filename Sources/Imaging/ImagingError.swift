/// Why a photo could not be read or written.
public struct ImagingError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What kind of failure it is; open, so that later versions may add kinds.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The code as it travels in messages and JSON.
        public let rawValue: String

        /// Makes a code from its text.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The bytes are no JPEG, PNG or WebP.
        public static let unsupportedFormat = Code(rawValue: "unsupported_format")
        /// The file is cut off or its contents are broken.
        public static let damaged = Code(rawValue: "damaged")
        /// The photo claims more pixels than the limit.
        public static let tooManyPixels = Code(rawValue: "too_many_pixels")
        /// Decoding took longer than the deadline allowed.
        public static let timedOut = Code(rawValue: "timed_out")
        /// A failure of ours or of the library, not of the photo.
        public static let `internal` = Code(rawValue: "internal")
    }

    /// The kind of failure.
    public let code: Code
    /// One or two sentences that may be shown to the person who sent the photo.
    public let description: String
    /// What the library said; for logs only.
    public let detail: String

    /// Whether the same bytes may succeed at another time.
    public let isRetriable: Bool

    /// - Parameter isRetriable: nil for what is true of most errors of the kind.
    init(_ code: Code, _ description: String, detail: String = "", isRetriable: Bool? = nil) {
        self.code = code
        self.description = description
        self.detail = detail
        self.isRetriable = isRetriable ?? (code == .timedOut || code == .internal)
    }

    /// Three bytes for each pixel are asked for, and there are others.
    static func doesNotFit(_ bytes: Int, width: Int, height: Int) -> ImagingError {
        ImagingError(
            .internal, "The picture's size and pixels do not fit.", detail: "\(bytes) bytes for \(width) × \(height)")
    }

    /// Everything that is known, for logs.
    public var debugDescription: String {
        "ImagingError(\(code.rawValue): \(description)\(detail.isEmpty ? "" : " [\(detail)]"))"
    }
}
