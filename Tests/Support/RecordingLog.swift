public import Logging
import Synchronization

/// Keeps what is logged.
public final class RecordingLog: LogHandler {
    /// What was said, at which level, and about what.
    public typealias Entry = (level: Logger.Level, message: String, metadata: Logger.Metadata)

    private let kept = Mutex<[Entry]>([])

    /// Nothing yet.
    public init() {}

    /// All, in their order.
    public var entries: [Entry] { kept.withLock { $0 } }

    /// None: each entry has its own.
    public var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    /// Everything is kept.
    public var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    /// None.
    public subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    /// Keeps an entry.
    public func log(event: LogEvent) {
        kept.withLock { $0.append((event.level, "\(event.message)", event.metadata ?? [:])) }
    }
}
