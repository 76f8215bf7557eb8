import Analyses
import Contracts
import Foundation
import Reports

/// How many faces appear how, as bars.
struct EmotionChart: Sendable {
    struct Bar: Sendable {
        let label: String
        let emotion: String
        let count: Int
        /// "87.3%" of the longest.
        let length: String
    }

    /// In the fixed order of the classes; those that nobody shows too.
    let bars: [Bar]
    /// "5 faces"
    let heading: String

    init(_ counts: LookCounts) {
        let unsure = LookCounts.unsure
        let rows = Emotion.names + (counts[unsure] == 0 ? [] : [unsure])
        let most = max(1, counts.counts.map(\.count).max() ?? 1)
        bars = rows.map { row in
            let count = counts[row]
            return Bar(
                label: row == unsure ? "Not sure" : EmotionWords.label(row), emotion: row, count: count,
                length: "\((Double(count) / Double(most) * 100).rounded(places: 1))%")
        }
        heading = Words.count(counts.total, "face")
    }
}
