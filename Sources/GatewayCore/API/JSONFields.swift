import Foundation

/// The fields of a JSON object that somebody sent, read strictly: what is of another type or not known is refused by name.
struct JSONFields {
    /// What is wrong, by field.
    private(set) var problems: [String: String] = [:]

    private let values: [String: Any]
    private var known: Set<String> = []

    /// - Throws: `RequestFailure` when it is no JSON object.
    init(_ bytes: Data) throws {
        guard let object = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any] else {
            throw RequestFailure.badJSON
        }
        values = object
    }

    private init(_ values: [String: Any]) {
        self.values = values
    }

    /// Whether the field was sent; `null` counts as sent.
    mutating func has(_ name: String) -> Bool {
        known.insert(name)
        return values[name] != nil
    }

    /// A text; nil when it was not sent or is `null`.
    mutating func text(_ name: String) -> String? {
        known.insert(name)
        switch values[name] {
        case nil, is NSNull: return nil
        case let text as String: return text
        default:
            problems[name] = "It takes a text."
            return nil
        }
    }

    /// A list of texts; nil when it was not sent or is `null`.
    mutating func texts(_ name: String) -> [String]? {
        known.insert(name)
        switch values[name] {
        case nil, is NSNull: return nil
        case let texts as [String]: return texts
        default:
            problems[name] = "It takes a list of texts."
            return nil
        }
    }

    /// A list of objects; empty when it was not sent.
    mutating func objects(_ name: String) -> [JSONFields] {
        known.insert(name)
        switch values[name] {
        case nil, is NSNull: return []
        case let objects as [[String: Any]]: return objects.map(JSONFields.init)
        default:
            problems[name] = "It takes a list of objects."
            return []
        }
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
