/// Why a model could not be loaded or run.
public struct InferenceError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What kind of failure it is; open, so that later versions may add kinds.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The code's text.
        public let rawValue: String

        /// Makes a code from its text.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A model's file is not there or cannot be read.
        public static let missingFile = Code(rawValue: "missing_file")
        /// The file is no model that this version of OpenVINO reads.
        public static let unreadableModel = Code(rawValue: "unreadable_model")
        /// An input or output has another name, type or shape than is expected.
        public static let wrongShape = Code(rawValue: "wrong_shape")
        /// The model could not be compiled for this CPU.
        public static let compilationFailed = Code(rawValue: "compilation_failed")
        /// Running the model failed.
        public static let inferenceFailed = Code(rawValue: "inference_failed")
        /// OpenVINO itself did not start.
        public static let unavailable = Code(rawValue: "unavailable")
    }

    /// The kind of failure.
    public let code: Code
    /// A sentence that names no path.
    public let description: String
    /// What OpenVINO said, and paths; for logs and operators.
    public let detail: String

    init(_ code: Code, _ description: String, detail: String = "") {
        self.code = code
        self.description = description
        self.detail = detail
    }

    /// Whether trying again without a change may help.
    public var isRetriable: Bool { code == .inferenceFailed }

    /// Everything that is known, for logs.
    public var debugDescription: String {
        "InferenceError(\(code.rawValue): \(description)\(detail.isEmpty ? "" : " [\(detail)]"))"
    }
}
