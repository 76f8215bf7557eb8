import Contracts
public import Foundation
public import Settings
public import Vision

/// Everything that a worker is told from outside.
public struct WorkerConfiguration: Sendable {
    /// Kafka's bootstrap addresses, as `host:port,host:port`.
    public var brokers: String
    /// What the names of all topics begin with.
    public var topicPrefix: String
    /// Whether a process that takes another's place rejoins the consumer groups under its name; for brokers that, unlike
    /// Apache Kafka, never give up a member that died.
    public var staticMembers: Bool
    /// The gateway's internal address, without a path.
    public var gateway: URL
    /// Longer photos are not read; the gateway's own limit, so that it is set once for both.
    public var maxPhotoBytes: Int
    /// The worker processes to run.
    public var processes: ProcessCount
    /// The folder that holds a folder per model and version.
    public var models: URL
    /// The model to load, as `name/version` or `name`; nil for the newest.
    public var model: String?
    /// Arithmetic of the networks.
    public var precision: Pipeline.PrecisionChoice
    /// The face detector's ONNX file.
    public var detector: URL
    /// Whether HEIC and AVIF are read.
    public var acceptsHEIF: Bool
    /// Where compiled models are kept, so that processes start quickly; nil to compile each time.
    public var cache: URL?
    /// Where the supervisor writes its state every few seconds; nil for nowhere.
    public var healthFile: URL?
    /// What results, claims and consumer groups call this worker, before the number of the process.
    public var name: String
    /// The time for one photo; a process that takes three times as long is killed.
    public var photoSeconds: Int
    /// Bytes of physical memory above which a process is replaced after its photo. One photo may take four times as much
    /// address space.
    public var memoryCeiling: Int
    /// Where the supervisor answers Prometheus and health checks; nil for nowhere.
    public var metricsPort: Int?
    /// The address that it listens on.
    public var metricsHost: String

    /// Reads the `MIEN_` settings of a worker. What is wrong is collected in `settings`: call its `check()` afterwards.
    public init(_ settings: SettingsReader) {
        brokers = settings.string("MIEN_KAFKA_BROKERS", default: "127.0.0.1:9092")
        topicPrefix = settings.string("MIEN_KAFKA_TOPIC_PREFIX", default: "mien.")
        staticMembers = settings.isOn("MIEN_KAFKA_STATIC_MEMBERS")
        gateway = settings.httpURL("MIEN_GATEWAY_URL", default: "http://127.0.0.1:8081")
        maxPhotoBytes = settings.integer("MIEN_MAX_UPLOAD_BYTES", default: 10 << 20, in: 1_024...(1 << 30))
        processes = ProcessCount.read("MIEN_WORKER_PROCESSES", from: settings)
        models = settings.existingPath(
            "MIEN_MODELS_DIR", default: "Services/Worker/Models", hint: "the folder of the models")
        model = settings.optionalString("MIEN_MODEL")
        if let model, model.split(separator: "/", omittingEmptySubsequences: false).count > 2 {
            settings.refuse("MIEN_MODEL", model, takes: "a model's name, or its name and version as name/version")
        }
        precision = settings.choice("MIEN_PRECISION", default: .auto)
        detector = settings.existingPath(
            "MIEN_DETECTOR", default: "/usr/local/share/mien/centerface.onnx", hint: "the face detector's ONNX file")
        acceptsHEIF = settings.isOn("MIEN_ACCEPT_HEIC")
        cache = settings.optionalString("MIEN_CACHE_DIR").map { URL(fileURLWithPath: $0, isDirectory: true) }
        healthFile = settings.optionalString("MIEN_HEALTH_FILE").map { URL(fileURLWithPath: $0) }
        photoSeconds = settings.integer("MIEN_PHOTO_SECONDS", default: 10, in: 1...300)
        memoryCeiling = settings.integer("MIEN_WORKER_MEMORY_MB", default: 400, in: 250...100_000) << 20
        let port = settings.integer("MIEN_METRICS_PORT", default: 0, in: 0...65_535)
        metricsPort = port == 0 ? nil : port
        metricsHost = settings.string("MIEN_METRICS_HOST", default: "127.0.0.1")
        name = settings.string("MIEN_WORKER_NAME", default: ProcessInfo.processInfo.hostName)
        if !Self.isName(name) {
            settings.refuse("MIEN_WORKER_NAME", name, takes: "up to 100 letters, digits, dots, hyphens and underscores")
        }
    }

    private static func isName(_ name: String) -> Bool {
        (1...100).contains(name.count)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) }
    }

    /// The names of topics and groups.
    var topics: Topics { Topics(prefix: topicPrefix) }
}
