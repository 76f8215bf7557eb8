import Foundation

/// The fields of a JSON object that somebody sent, read strictly: what is of another type or not known is refused by name.
struct JSONFields {
    /// What is wrong, by field.
    private(set) var problems: [String: String] = [:]

    private let values: [String: JSONValue]
    private var known: Set<String> = []

    /// Each value takes many times its length in memory once it is read; no form of ours has as many.
    static let maxValues = 1_000

    /// - Throws: `RequestFailure` when it is no JSON object, or has too many values.
    init(_ bytes: Data) throws {
        guard Self.hasFewValues(bytes),
            let values = try? JSONDecoder().decode([String: JSONValue].self, from: bytes)
        else {
            throw RequestFailure.badJSON
        }
        self.values = values
    }

    /// Counts what begins a value, without reading any.
    private static func hasFewValues(_ bytes: Data) -> Bool {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            // In UTF-8, JSON has no zero byte; other encodings, in which this could not count, have.
            if memchr(base, 0, bytes.count) != nil { return false }
            var (values, index) = (0, 0)
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "\""): index = endOfText(bytes, from: index + 1)
                case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","): values += 1
                default: break
                }
                if values > maxValues { return false }
                index += 1
            }
            return true
        }
    }

    /// Where the quotation mark is that ends a text.
    private static func endOfText(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index
    }

    private init(_ values: [String: JSONValue]) {
        self.values = values
    }

    /// Whether the field was sent; `null` counts as sent.
    mutating func has(_ name: String) -> Bool {
        known.insert(name)
        return values[name] != nil
    }

    /// A text; nil when it was not sent or is `null`.
    mutating func text(_ name: String) -> String? {
        read(name, "a text") { if case .text(let text) = $0 { text } else { nil } }
    }

    /// A whole number; nil when it was not sent or is `null`.
    mutating func number(_ name: String) -> Int? {
        read(name, "a whole number") { if case .number(let number) = $0 { Int(exactly: number) } else { nil } }
    }

    /// Any number; nil when it was not sent or is `null`.
    mutating func decimal(_ name: String) -> Double? {
        read(name, "a number") { if case .number(let number) = $0 { number } else { nil } }
    }

    /// An object; nil when it was not sent or is `null`.
    mutating func object(_ name: String) -> JSONFields? {
        read(name, "an object") { if case .object(let values) = $0 { JSONFields(values) } else { nil } }
    }

    /// True or false; nil when it was not sent or is `null`.
    mutating func flag(_ name: String) -> Bool? {
        read(name, "true or false") { if case .flag(let flag) = $0 { flag } else { nil } }
    }

    /// A list of texts; nil when it was not sent or is `null`.
    mutating func texts(_ name: String) -> [String]? {
        read(name, "a list of texts") {
            guard case .list(let values) = $0 else { return nil }
            let texts = values.compactMap { if case .text(let text) = $0 { text } else { nil as String? } }
            return texts.count == values.count ? texts : nil
        }
    }

    /// Tags as a form has them, on lines of their own; nil when they were not sent or are `null`.
    mutating func tags(_ name: String) -> String? {
        let tags = texts(name)
        // In a form and on pages they stand between commas: one with a comma would come back as two.
        if let wrong = tags?.first(where: { $0.contains { $0 == "," || $0.isNewline } }) {
            problems[name] =
                "A tag has no comma and no line break, and “\(wrong.prefix(40))” has; send several as texts."
        }
        return tags?.joined(separator: "\n")
    }

    /// Whether the field was sent as `null`.
    mutating func isNull(_ name: String) -> Bool {
        known.insert(name)
        return values[name] == .null
    }

    /// A list of objects; empty when it was not sent.
    mutating func objects(_ name: String) -> [JSONFields] {
        read(name, "a list of objects") {
            guard case .list(let values) = $0 else { return nil }
            let objects = values.compactMap {
                if case .object(let values) = $0 { JSONFields(values) } else { nil as JSONFields? }
            }
            return objects.count == values.count ? objects : nil
        } ?? []
    }

    private mutating func read<Value>(_ name: String, _ kind: String, _ value: (JSONValue) -> Value?) -> Value? {
        known.insert(name)
        guard let sent = values[name], sent != .null else { return nil }
        let read = value(sent)
        if read == nil { problems[name] = "It takes \(kind)." }
        return read
    }

    /// Notes a problem of a field.
    mutating func refuse(_ name: String, _ problem: String) {
        problems[name] = problem
    }

    /// After everything was read: what is not known is a problem too.
    mutating func end() {
        for name in values.keys where !known.contains(name) {
            let names = known.sorted().joined(separator: ", ")
            problems[String(name.prefix(60))] = "This field is not known; there are: \(names)."
        }
    }
}

/// Any JSON value.
private enum JSONValue: Decodable, Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let list = try? container.decode([JSONValue].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
