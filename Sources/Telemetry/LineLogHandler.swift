import Foundation
import Logging

/// Writes a log event as one line, to every sink.
struct LineLogHandler: LogHandler {
    let label: String
    var logLevel: Logger.Level
    let format: LogSettings.Format
    let sinks: LineSinks
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { _, new in new } }
        if let own = event.metadata { fields.merge(own) { _, new in new } }
        if let error = event.error { fields["error"] = "\(String(reflecting: error))" }
        let sorted = fields.map { ($0.key, $0.value.description) }.sorted { $0.0 < $1.0 }
        switch format {
        case .text: sinks.write(textLine(event, sorted))
        case .json: sinks.write(jsonLine(event, sorted))
        }
    }

    private func textLine(_ event: LogEvent, _ fields: [(String, String)]) -> String {
        var line = "\(Self.timestamp()) \(event.level.rawValue) \(label): \(Self.escaped("\(event.message)"))"
        for (key, value) in fields {
            let plain = !value.isEmpty && !value.contains { $0 == " " || $0 == "\"" || $0 == "=" || $0.isNewline }
            line +=
                " \(key)=\(plain ? Self.escaped(value) : "\"\(Self.escaped(value).replacing("\"", with: "\\\""))\"")"
        }
        return line + "\n"
    }

    private func jsonLine(_ event: LogEvent, _ fields: [(String, String)]) -> String {
        var object = Dictionary(fields) { first, _ in first }
        object["time"] = Self.timestamp()
        object["level"] = event.level.rawValue
        object["logger"] = label
        object["message"] = "\(event.message)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A dictionary of strings always encodes; the fallback keeps the event should that ever change.
        guard let data = try? encoder.encode(object) else { return textLine(event, fields) }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    /// Control characters out of a foreign value (a file name, a header) must not forge or break a line.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            result +=
                scalar.properties.generalCategory == .control
                ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
    }

    private static func timestamp() -> String {
        Date.now.formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
    }
}

/// Takes finished lines. Writing is short and goes to a local file or pipe, so callers do it themselves under a lock.
protocol LineSink: Sendable {
    func write(_ line: String)
}

/// The console and the file.
struct LineSinks: Sendable {
    let console: any LineSink
    let file: (any LineSink)?

    func write(_ line: String) {
        console.write(line)
        file?.write(line)
    }
}

/// Standard error, where containers and terminals expect logs.
struct StandardErrorSink: LineSink {
    func write(_ line: String) {
        FileDescriptorWriter.write(line, to: 2)
    }
}
