// Telemetry: what every process says of itself: log lines to console and file, and metrics for Prometheus.

public import Logging
public import Settings

/// Where log lines go and how they look.
public struct LogSettings: Sendable {
    /// Lines below it are dropped.
    public var level: Logger.Level
    /// Text for people, or one JSON object a line for log collectors.
    public var format: Format
    /// The rotating file beside the console; nil for the console alone.
    public var file: String?
    /// The file is rotated before it grows past this size, in bytes.
    public var maxFileBytes: Int
    /// Older files kept beside the current one, as `file.1` (newest) to `file.N`.
    public var keptFiles: Int

    /// Creates log settings.
    public init(
        level: Logger.Level = .info, format: Format = .text, file: String? = nil, maxFileBytes: Int = 10 << 20,
        keptFiles: Int = 5
    ) {
        self.level = level
        self.format = format
        self.file = file
        self.maxFileBytes = maxFileBytes
        self.keptFiles = keptFiles
    }

    /// How a line looks.
    public enum Format: String, CaseIterable, Sendable {
        /// `2026-11-24T06:40:00.123Z info  mien.gateway: Photo stored analysis.id=…`
        case text
        /// `{"time":…,"level":…,"logger":…,"message":…,…metadata}`
        case json
    }

    /// Sends the process's log lines to standard error and, where one is set, to the file.
    ///
    /// - Important: Once per process, before the first `Logger` is made.
    /// - Throws: when the file cannot be opened.
    public func bootstrap() throws {
        let sinks = LineSinks(
            console: StandardErrorSink(),
            file: try file.map { try RotatingFile(path: $0, maxBytes: maxFileBytes, kept: keptFiles) })
        let (level, format) = (level, format)
        LoggingSystem.bootstrap { label in
            LineLogHandler(label: label, logLevel: level, format: format, sinks: sinks)
        }
    }
}

extension LogSettings {
    /// Reads `MIEN_LOG_LEVEL`, `MIEN_LOG_FORMAT`, `MIEN_LOG_FILE`, `MIEN_LOG_FILE_MB` and `MIEN_LOG_FILES`.
    public init(_ settings: SettingsReader) {
        self.init(
            level: settings.choice("MIEN_LOG_LEVEL", default: .info),
            format: settings.choice("MIEN_LOG_FORMAT", default: .text),
            file: settings.optionalString("MIEN_LOG_FILE"),
            maxFileBytes: settings.integer("MIEN_LOG_FILE_MB", default: 10, in: 1...10_000) << 20,
            keptFiles: settings.integer("MIEN_LOG_FILES", default: 5, in: 0...100))
    }
}
