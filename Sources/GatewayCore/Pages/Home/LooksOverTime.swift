import Analyses
import Contracts
import Foundation
import Reports

/// How the photos of a year appear, month by month: bars of stacked parts, and the same as a table.
struct LooksOverTime: Sendable {
    struct Row: Sendable {
        let month: String
        let counts: [String]
    }
    struct Key: Sendable {
        let kind: String
        let word: String
    }

    let chart: BarChart
    /// The looks that there are, in the chart's order from the bottom up.
    let keys: [Key]
    let rows: [Row]

    /// Nil where there is nothing to compare: no look in two months.
    init?(_ months: [MonthLooks]) {
        let order = Emotion.names + [LookCounts.unsure]
        let looks = order.filter { look in months.contains { $0.photos[look] != nil } }
        let first = months.firstIndex { month in looks.contains { month.photos[$0] != nil } }
        guard let first, months.count - first > 1 else { return nil }
        let shown = Array(months[min(first, max(0, months.count - 6))...])
        let rows = shown.map { month in
            Row(
                month: Self.name(month),
                counts: looks.map { Words.grouped(month.photos[$0] ?? 0) })
        }
        self.rows = rows
        keys = looks.map { Key(kind: $0, word: LookCounts.word($0)) }
        let tips = shown.map { "\(Self.name($0)): \(Self.words($0, looks))" }
        chart = BarChart(
            id: "looks-chart", title: "How your photos appear, by month",
            description: tips.joined(separator: "; ") + ".",
            kinds: looks.map { "look e-\($0)" },
            columns: zip(shown, tips).map { month, tip in
                BarChart.Column(
                    label: String(Words.months[month.month - 1].prefix(3)), tip: tip,
                    values: looks.map { Double(month.photos[$0] ?? 0) })
            })
    }

    private static func name(_ month: MonthLooks) -> String { "\(Words.months[month.month - 1]) \(month.year)" }

    private static func words(_ month: MonthLooks, _ looks: [String]) -> String {
        let words = looks.compactMap { look in month.photos[look].map { LookCounts.words((look, $0)) } }
        return words.isEmpty ? "nothing" : words.joined(separator: ", ")
    }
}
