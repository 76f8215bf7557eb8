package import Foundation

/// The last row of one page of a list, from which the next page goes on. A cursor, unlike an offset, stays right while new
/// rows come in.
package struct ListCursor: Sendable, Equatable {
    /// By which the list is sorted.
    package let time: Date
    /// Sorts rows of the same time.
    package let id: UUID

    package init(time: Date, id: UUID) {
        self.time = time
        self.id = id
    }

    /// Reads what ``text`` wrote; nil for anything else.
    package init?(text: String) {
        let parts = text.split(separator: "_", maxSplits: 1)
        guard parts.count == 2, let microseconds = Int64(parts[0]), let id = UUID(uuidString: String(parts[1])),
            microseconds.magnitude < 1 << 53
        else { return nil }
        self.init(time: Date(timeIntervalSince1970: Double(microseconds) / 1e6), id: id)
    }

    /// For a link's query: microseconds since 1970 and the id.
    package var text: String {
        "\(Int64((time.timeIntervalSince1970 * 1e6).rounded()))_\(id.uuidString.lowercased())"
    }
}
