public import Foundation

/// The trace that a request, a job or a message belongs to: W3C Trace Context 1, https://www.w3.org/TR/trace-context-1/.
///
/// Its id ties together what all processes log of one upload, and what the caller's own systems know of it. Only the ids are
/// kept: `tracestate`, which belongs to other vendors, is not passed on.
public struct TraceContext: Sendable, Hashable {
    /// Of the whole: 32 hexadecimal digits in lower case, not all of them zero.
    public let traceID: String
    /// Of the step that passes it on: 16 such digits.
    public let spanID: String
    /// Whether the caller keeps what it knows of this trace.
    public let isSampled: Bool

    /// The header's name in HTTP and in Kafka.
    public static let headerName = "traceparent"

    /// Begins a trace.
    public init() {
        self.init(traceID: Self.digits() + Self.digits(), spanID: Self.digits(), isSampled: false)
    }

    /// Begins the trace of something that has a random id already: it has the same one each time that it is begun.
    public init(of id: UUID) {
        let digits = id.uuidString.lowercased().filter { $0 != "-" }
        self.init(traceID: digits, spanID: Self.digits(), isSampled: false)
    }

    private init(traceID: String, spanID: String, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// Reads the header; nil for one that is to be passed over, as if there were none (section 3.2).
    ///
    /// A version of the future may say more behind what is read here.
    public init?(traceparent: String) {
        let bytes = Array(traceparent.utf8)
        guard bytes.count >= Self.length else { return nil }
        let dash = UInt8(ascii: "-")
        guard [2, 35, 52].allSatisfy({ bytes[$0] == dash }) else { return nil }
        func field(_ range: Range<Int>) -> String? {
            let digits = bytes[range]
            guard digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else { return nil }
            return String(decoding: digits, as: UTF8.self)
        }
        guard let version = field(0..<2), version != "ff", let traceID = field(3..<35), let spanID = field(36..<52),
            let flags = field(53..<55).flatMap({ UInt8($0, radix: 16) })
        else { return nil }
        guard bytes.count == Self.length || (version != "00" && bytes[Self.length] == dash) else { return nil }
        guard traceID.contains(where: { $0 != "0" }), spanID.contains(where: { $0 != "0" }) else { return nil }
        self.init(traceID: traceID, spanID: spanID, isSampled: flags & 1 == 1)
    }

    private static let length = 55

    /// Reads the header of a Kafka record; nil when there is none that can be read.
    public init?(header: [UInt8]?) {
        guard let header else { return nil }
        self.init(traceparent: String(decoding: header, as: UTF8.self))
    }

    /// The next step of the same trace.
    public func next() -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.digits(), isSampled: isSampled)
    }

    /// The header's value. Flags that version 00 does not know are zero (section 3.2.2.5).
    public var traceparent: String { "00-\(traceID)-\(spanID)-0\(isSampled ? 1 : 0)" }

    /// The header of a Kafka record.
    public var header: (String, [UInt8]) { (Self.headerName, Array(traceparent.utf8)) }

    /// 16 random digits, not all of them zero.
    private static func digits() -> String {
        let text = String(UInt64.random(in: 1...UInt64.max), radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
