import Foundation
import Hummingbird

/// The fields of an address's query as forms write them (URL Standard, 5.1): percent-encoded, and a space as `+`.
///
/// Hummingbird's own leave a `+` as it is.
struct QueryFields: Sendable {
    private let fields: [(name: String, value: String)]

    init(_ query: String?) {
        fields = (query ?? "").split(separator: "&").map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(parts[0]), parts.count > 1 ? Self.decoded(parts[1]) : "")
        }
    }

    /// The first field of a name; nil when there is none.
    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The names of all fields, in their order.
    var names: [String] { fields.map(\.name) }

    /// What is no encoding stays as it is.
    private static func decoded(_ text: Substring) -> String {
        let spaced = String(
            decoding: text.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
        return spaced.removingPercentEncoding ?? spaced
    }
}

extension Request {
    /// The fields of the address's query.
    var query: QueryFields { QueryFields(uri.query) }
}
