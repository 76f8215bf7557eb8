import Foundation

/// One page of a person's analyses, newest first.
struct HistoryPage: Sendable {
    let items: [Analysis]
    /// Where the next page starts; nil on the last one.
    let next: HistoryCursor?
}

/// The last row of a page. A cursor, unlike an offset, stays right while new analyses come in.
struct HistoryCursor: Sendable, Equatable {
    let submittedAt: Date
    let id: UUID

    init(submittedAt: Date, id: UUID) {
        self.submittedAt = submittedAt
        self.id = id
    }

    /// Reads what ``text`` wrote; nil for anything else.
    init?(text: String) {
        let parts = text.split(separator: "_", maxSplits: 1)
        guard parts.count == 2, let microseconds = Int64(parts[0]), let id = UUID(uuidString: String(parts[1])),
            abs(microseconds) < 1 << 52
        else { return nil }
        self.init(submittedAt: Date(timeIntervalSince1970: Double(microseconds) / 1e6), id: id)
    }

    /// For a link's query: microseconds since 1970 and the id.
    var text: String {
        "\(Int64((submittedAt.timeIntervalSince1970 * 1e6).rounded()))_\(id.uuidString.lowercased())"
    }
}

/// Which of the pictures that a worker re-encoded.
enum PreviewKind: String, Sendable, CaseIterable {
    /// With boxes and labels drawn.
    case annotated
    /// Without.
    case clean
    /// Small, for lists.
    case thumbnail
}

extension UUID {
    /// As ids are written in addresses and documents.
    var lower: String { uuidString.lowercased() }
}
