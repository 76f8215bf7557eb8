package import Foundation

/// One page of a person's analyses, newest first.
package struct HistorySlice: Sendable {
    package let items: [Analysis]
    /// Where the next page starts; nil on the last one.
    package let next: ListCursor?
}

/// Which of the pictures that a worker re-encoded.
package enum PreviewKind: String, Sendable, CaseIterable {
    /// With boxes and labels drawn.
    /// Without.
    case clean
    /// Small, for lists.
    case thumbnail
}

extension UUID {
    /// As ids are written in addresses and documents.
    package var lower: String { uuidString.lowercased() }
}
