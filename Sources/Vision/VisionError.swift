import Imaging

/// Why a photo could not be analysed.
public struct VisionError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What kind of failure it is, as it travels in messages and JSON; open, so that later versions may add kinds.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The code's text.
        public let rawValue: String

        /// Makes a code from its text.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The bytes are in no format that is accepted.
        public static let unsupportedFormat = Code(rawValue: "unsupported_format")
        /// The file is cut off or its contents are broken.
        public static let damaged = Code(rawValue: "damaged")
        /// The photo claims more pixels than the limit.
        public static let tooManyPixels = Code(rawValue: "too_many_pixels")
        /// The photo is too small to hold a face.
        public static let tooSmall = Code(rawValue: "too_small")
        /// The photo is a strip, in which faces cost more time than there is.
        public static let tooSlender = Code(rawValue: "too_slender")
        /// The analysis took longer than its deadline.
        public static let timedOut = Code(rawValue: "timed_out")
        /// The model's folder is incomplete, altered or does not fit; only while a pipeline is made.
        public static let badModel = Code(rawValue: "bad_model")
        /// Activation maps were asked for, and the model has no output of them.
        public static let noActivation = Code(rawValue: "no_activation")
        /// A failure of ours, not of the photo.
        public static let `internal` = Code(rawValue: "internal")
    }

    /// The kind of failure.
    public let code: Code
    /// One or two sentences that may be shown to the person who sent the photo.
    public let description: String
    /// What lies beneath; for logs only.
    public let detail: String

    /// Whether the same photo may succeed at another time.
    public let isRetriable: Bool

    /// - Parameter isRetriable: nil for what is true of most errors of the kind.
    init(_ code: Code, _ description: String, detail: String = "", isRetriable: Bool? = nil) {
        self.code = code
        self.description = description
        self.detail = detail
        self.isRetriable = isRetriable ?? (code == .timedOut || code == .internal)
    }

    /// Everything that is known, for logs.
    public var debugDescription: String {
        "VisionError(\(code.rawValue): \(description)\(detail.isEmpty ? "" : " [\(detail)]"))"
    }

    /// Brings an error of an analysis into terms that the sender of the photo may see: a model's fault is ours.
    init(_ error: any Error) {
        switch error {
        case let error as VisionError where error.code != .badModel: self = error
        case let error as ImagingError:
            self.init(
                Code(rawValue: error.code.rawValue), error.description, detail: error.detail,
                isRetriable: error.isRetriable)
        default:
            self.init(
                .internal, "The photo could not be analysed because of a fault on our side. Try again.",
                detail: String(reflecting: error))
        }
    }
}
