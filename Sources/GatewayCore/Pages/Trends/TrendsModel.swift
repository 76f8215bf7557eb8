import Analyses
import Foundation
import Reports

/// Looks over time: a sentence, one chart or two side by side, and their numbers.
struct TrendsModel: Sendable {
    /// A look with its texture; choosing it shows it alone.
    struct Key: Sendable {
        let texture: Int
        let kind: String
        /// "Happy 43 %"
        let label: String
        let address: String
        let isChosen: Bool
    }

    struct Panel: Sendable {
        let id: String
        let heading: String
        let sentence: String
        let dates: String?
        let chart: TrendChart
        let table: TrendTable
        /// Whether there is something in the chart.
        let hasFaces: Bool
        /// Where there is more: a longer time; nil where it is all there is.
        let longer: String?
        /// The photos of that topic.
        let history: String
    }

    let site: Site
    /// In plain words what there is to see; nil where the only chart says it itself.
    let headline: String?
    let notes: [String]
    let hasNotes: Bool
    let panels: [Panel]
    let isPair: Bool
    let topics: [Choice]
    let topicTags: [Choice]
    let topicSubjects: [Choice]
    let others: [Choice]
    let otherTags: [Choice]
    let otherSubjects: [Choice]
    let hasTags: Bool
    let hasSubjects: Bool
    let periods: [Choice]
    let steps: [Choice]
    let measures: [Choice]
    let chosenLook: String?
    let keys: [Key]
    /// To all looks again; nil where they are shown.
    let allLooks: String?
    let csv: String
    /// Whether nothing was ever sent, so that there is nothing to choose from.
    let isNew: Bool

    /// A name that is longer is chosen from the history; the page would grow by each.
    private static let longestName = 60
    private static let mostTags = 24
    private static let mostSubjects = 16

    init(site: Site, trend: Trend, tags: [String], subjects: [String], isNew: Bool = false) {
        self.site = site
        self.isNew = isNew
        let query = trend.query
        isPair = trend.series.count == 2
        let looks = query.look.map { [$0] } ?? Self.looks(of: trend)
        panels = Self.panels(trend, looks)
        headline = TrendWords.comparison(trend)
        notes = Self.notes(trend)
        hasNotes = !notes.isEmpty
        func choices(_ names: [String], _ most: Int, _ make: (String) -> TrendTopic, _ chosen: TrendTopic?) -> [Choice]
        {
            var topics = names.filter { $0.count <= Self.longestName }.prefix(most).map(make)
            // What is shown can be chosen, wherever it came from.
            if let chosen, let name = chosen.name, make(name) == chosen,
                !topics.contains(where: { Self.same($0, chosen) })
            {
                topics.append(chosen)
            }
            return topics.sorted { TrendWords.topic($0).lowercased() < TrendWords.topic($1).lowercased() }
                .map { topic in
                    Choice(
                        value: topic.word, label: TrendWords.topic(topic),
                        isChosen: chosen.map { Self.same($0, topic) } ?? false)
                }
        }
        topics = [Choice(value: "", label: "All photos", isChosen: query.topic == .everything)]
        topicTags = choices(tags, Self.mostTags, TrendTopic.tag, query.topic)
        topicSubjects = choices(subjects, Self.mostSubjects, TrendTopic.subject, query.topic)
        others = [
            Choice(value: "", label: "Nothing", isChosen: query.compared == nil),
            Choice(value: "all", label: "All photos", isChosen: query.compared == .everything),
        ]
        otherTags = choices(tags, Self.mostTags, TrendTopic.tag, query.compared)
        otherSubjects = choices(subjects, Self.mostSubjects, TrendTopic.subject, query.compared)
        hasTags = !topicTags.isEmpty || !otherTags.isEmpty
        hasSubjects = !topicSubjects.isEmpty || !otherSubjects.isEmpty
        periods = TrendQuery.Period.allCases.map {
            Choice(value: $0.rawValue, label: Self.label($0), isChosen: $0 == query.period)
        }
        steps =
            [Choice(value: "", label: "As it fits", isChosen: query.step == nil)]
            + TrendQuery.Step.allCases.map {
                Choice(value: $0.rawValue, label: $0.rawValue.capitalized, isChosen: $0 == query.step)
            }
        measures = TrendQuery.Measure.allCases.map {
            Choice(
                value: $0.rawValue, label: $0 == .share ? "Share of faces" : "Number of faces",
                isChosen: $0 == query.measure)
        }
        chosenLook = query.look
        keys = Self.keys(trend)
        var every = query
        every.look = nil
        allLooks = query.look == nil ? nil : Self.address("/trends", every)
        csv = Self.address("/trends.csv", query)
    }

    /// As subjects are compared.
    private static func same(_ one: TrendTopic, _ other: TrendTopic) -> Bool {
        one.word.lowercased() == other.word.lowercased()
    }

    static func label(_ period: TrendQuery.Period) -> String {
        period == .all ? "All time" : "Last \(TrendWords.period(period))"
    }

    /// The looks that there are, in the fixed order, from the bottom up.
    static func looks(of trend: Trend) -> [String] {
        let totals = trend.series.map(\.total)
        return TrendQuery.looks.filter { look in totals.contains { $0[look] > 0 } }
    }

    private static func panels(_ trend: Trend, _ looks: [String]) -> [Panel] {
        let query = trend.query
        let most = trend.series.flatMap(\.bars).map { bar in looks.reduce(0) { $0 + bar[$1] } }.max() ?? 0
        // Side by side they have one axis, or the eye compares what cannot be compared.
        let top = query.measure == .share ? nil : BarChart.roundTop(Double(most))
        return trend.series.enumerated().map { index, series in
            let heading = series.topic.name ?? "All photos"
            let sentence = TrendWords.summary(series, trend)
            let chart = TrendChart(
                id: "trend-\(index + 1)", title: "How faces appear over time: \(heading)",
                description: "\(sentence) The table below has all numbers.", plan: trend.plan, counts: series.bars,
                looks: looks, top: top, mostLabels: trend.series.count == 2 ? 6 : 10,
                of: trend.series.count
            ) { Self.history(series.topic, $0, $1) }
            return Panel(
                id: "topic-\(index + 1)", heading: heading, sentence: sentence, dates: TrendWords.dates(series),
                chart: chart,
                table: TrendTable(chart, trend.plan, series.bars, looks, isShare: query.measure == .share),
                hasFaces: looks.contains { series.total[$0] > 0 }, longer: longer(query),
                history: history(series.topic, nil, nil))
        }
    }

    private static func longer(_ query: TrendQuery) -> String? {
        guard query.period != .all else { return nil }
        var longer = query
        longer.period = .all
        longer.step = nil
        return address("/trends", longer)
    }

    private static func notes(_ trend: Trend) -> [String] {
        guard trend.plan.isCoarser, let asked = trend.query.step else { return [] }
        return [
            "A bar for each \(asked.rawValue) would be too narrow here, so there is one for each \(trend.plan.step.rawValue). Choose a shorter time\(trend.series.count == 2 ? ", or nothing to compare with" : "")."
        ]
    }

    /// As high in the list as in a bar; the shares are those of the first topic.
    static func keys(_ trend: Trend) -> [Key] {
        let total = trend.series[0].total
        return looks(of: trend).map { look in
            var alone = trend.query
            alone.look = look
            let share =
                trend.series.count == 1 && total.faces > 0
                ? " " + Words.percent(Double(total[look]) / Double(total.faces)) : ""
            return Key(
                texture: TrendChart.texture(look), kind: look, label: TrendWords.name(look) + share,
                address: address("/trends", alone), isChosen: trend.query.look == look)
        }
    }

    /// The photos of a topic in the history: those of a time, and those that mostly appear so.
    static func history(_ topic: TrendTopic, _ span: TrendSpan?, _ look: String?) -> String {
        var fields: [(name: String, value: String)] = []
        switch topic {
        case .everything: break
        case .subject(let name): fields.append(("subject", name))
        case .tag(let name): fields.append(("tag", name))
        }
        if let span {
            fields += [
                ("dates", "taken"), ("from", TrendCalendar.text(span.first)), ("until", TrendCalendar.text(span.last)),
            ]
        }
        fields.append(look.map { ("emotion", $0) } ?? ("state", "finished"))
        return link("/analyses", fields)
    }

    static func address(_ path: String, _ query: TrendQuery) -> String { link(path, query.fields) }

    private static func link(_ path: String, _ fields: [(name: String, value: String)]) -> String {
        let query = fields.map { "\($0.name)=\($0.value.addingPercentEncoding())" }.joined(separator: "&")
        return query.isEmpty ? path : "\(path)?\(query)"
    }
}
