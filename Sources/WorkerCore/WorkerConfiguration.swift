import Contracts
public import Foundation
public import Settings

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
    /// The face detector's ONNX file.
    public var detector: URL
    /// Where compiled models are kept, so that processes start quickly; nil to compile each time.
    public var cache: URL?
    /// Where the supervisor writes its state every few seconds; nil for nowhere.
    public var healthFile: URL?

    /// Reads the `MIEN_` settings of a worker. What is wrong is collected in `settings`: call its `check()` afterwards.
    public init(_ settings: SettingsReader) {
        brokers = settings.string("MIEN_KAFKA_BROKERS", default: "127.0.0.1:9092")
        topicPrefix = settings.string("MIEN_KAFKA_TOPIC_PREFIX", default: "mien.")
        staticMembers = settings.choice("MIEN_KAFKA_STATIC_MEMBERS", default: Switch.no) == .yes
        gateway = settings.httpURL("MIEN_GATEWAY_URL", default: "http://127.0.0.1:8081")
        maxPhotoBytes = settings.integer("MIEN_MAX_UPLOAD_BYTES", default: 10 << 20, in: 1_024...(1 << 30))
        processes = ProcessCount.read("MIEN_WORKER_PROCESSES", from: settings)
        models = settings.existingPath(
            "MIEN_MODELS_DIR", default: "Services/Worker/Models", hint: "the folder of the models")
        model = settings.optionalString("MIEN_MODEL")
        if let model, model.split(separator: "/", omittingEmptySubsequences: false).count > 2 {
            settings.refuse("MIEN_MODEL", model, takes: "a model's name, or its name and version as name/version")
        }
        detector = settings.existingPath(
            "MIEN_DETECTOR", default: "/usr/local/share/mien/centerface.onnx", hint: "the face detector's ONNX file")
        cache = settings.optionalString("MIEN_CACHE_DIR").map { URL(fileURLWithPath: $0, isDirectory: true) }
        healthFile = settings.optionalString("MIEN_HEALTH_FILE").map { URL(fileURLWithPath: $0) }
    }

    private enum Switch: String, CaseIterable { case yes, no }

    /// The names of topics and groups.
    var topics: Topics { Topics(prefix: topicPrefix) }
}
