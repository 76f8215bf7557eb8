import Analyses
import Foundation
import Reports

/// How the faces of a person's photos appear over the last months, as a chart, a sentence and a table.
struct LooksOverTime: Sendable {
    /// A tag with the way to its trend.
    struct Tag: Sendable {
        let word: String
        let address: String
    }

    /// "How faces appear, last 90 days"
    let heading: String
    let sentence: String
    let dates: String?
    let chart: TrendChart
    let keys: [TrendsModel.Key]
    let table: TrendTable
    /// Those that the newest photos have most often.
    let tags: [Tag]
    let hasTags: Bool
    /// The whole page about it.
    let more: String

    private static let mostTags = 8

    /// Nil where there is nothing to compare: no faces in two bars.
    init?(_ trend: Trend, tags: [String]) {
        guard let series = trend.series.first, Self.tells(trend) else { return nil }
        let looks = TrendsModel.looks(of: trend)
        heading = "How faces appear, \(TrendsModel.label(trend.query.period).lowercased())"
        sentence = TrendWords.summary(series, trend)
        dates = TrendWords.dates(series)
        chart = TrendChart(
            id: "looks-chart", title: "How faces appear over time",
            description: "\(sentence) The table below has all numbers.", plan: trend.plan, counts: series.bars,
            looks: looks, top: BarChart.roundTop(Double(series.bars.map(\.faces).max() ?? 0))
        ) { TrendsModel.history(series.topic, $0, $1) }
        keys = TrendsModel.keys(trend)
        table = TrendTable(chart, trend.plan, series.bars, looks, isShare: false)
        self.tags = tags.prefix(Self.mostTags).map { tag in
            var query = trend.query
            query.topic = .tag(tag)
            return Tag(word: tag, address: TrendsModel.address("/trends", query))
        }
        hasTags = !tags.isEmpty
        more = TrendsModel.address("/trends", trend.query)
    }

    /// Whether there are faces in two bars at least.
    static func tells(_ trend: Trend) -> Bool {
        trend.series.first.map { $0.bars.count { $0.faces > 0 } > 1 } ?? false
    }
}
