import Analyses
import Contracts
import Foundation
import Reports

/// How many faces appear how, as bars; made on the server as SVG.
struct EmotionChart: Sendable {
    struct Bar: Sendable {
        let label: String
        let emotion: String
        let count: Int
        /// The bar's place and length in the drawing's units.
        let y: Int
        let textY: Int
        let length: String
        let countX: String
    }

    let bars: [Bar]
    let height: Int
    /// "5 faces: 3 happy, 2 neutral."
    let description: String
    let heading: String

    private static let step = 30
    private static let longest = 400.0

    init(_ counts: LookCounts) {
        let unsure = LookCounts.unsure
        let rows = Emotion.names + (counts[unsure] == 0 ? [] : [unsure])
        let most = max(1, counts.counts.map(\.count).max() ?? 1)
        bars = rows.enumerated().map { index, row in
            let count = counts[row]
            let length = Double(count) / Double(most) * Self.longest
            return Bar(
                label: row == unsure ? "Not sure" : EmotionWords.label(row), emotion: row, count: count,
                y: index * Self.step + 5, textY: index * Self.step + 20, length: "\(length.rounded(places: 1))",
                countX: "\((length + 100).rounded(places: 1))")
        }
        height = rows.count * Self.step
        heading = Words.count(counts.total, "face")
        let named = counts.counts.map(LookCounts.words)
        description = "\(heading): \(named.joined(separator: ", "))."
    }
}
