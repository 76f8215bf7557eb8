package import Foundation

/// One page of a person's analyses, newest first.
package struct HistorySlice: Sendable {
    package let items: [Analysis]
    /// Where the next page starts; nil on the last one.
    package let next: HistoryCursor?
}

/// The last row of a page. A cursor, unlike an offset, stays right while new analyses come in.
package struct HistoryCursor: Sendable, Equatable {
    package let submittedAt: Date
    package let id: UUID

    package init(submittedAt: Date, id: UUID) {
        self.submittedAt = submittedAt
        self.id = id
    }

    /// Reads what ``text`` wrote; nil for anything else.
    package init?(text: String) {
        let parts = text.split(separator: "_", maxSplits: 1)
        guard parts.count == 2, let microseconds = Int64(parts[0]), let id = UUID(uuidString: String(parts[1])),
            abs(microseconds) < 1 << 52
        else { return nil }
        self.init(submittedAt: Date(timeIntervalSince1970: Double(microseconds) / 1e6), id: id)
    }

    /// For a link's query: microseconds since 1970 and the id.
    package var text: String {
        "\(Int64((submittedAt.timeIntervalSince1970 * 1e6).rounded()))_\(id.uuidString.lowercased())"
    }
}

/// Which of the pictures that a worker re-encoded.
package enum PreviewKind: String, Sendable, CaseIterable {
    /// With boxes and labels drawn.
    case annotated
    /// Without.
    case clean
    /// Small, for lists.
    case thumbnail
}

extension UUID {
    /// As ids are written in addresses and documents.
    package var lower: String { uuidString.lowercased() }
}
