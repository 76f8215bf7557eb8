import Accounts
import Analyses
import Contracts
import Foundation
import Reports

/// The first page after logging in.
struct HomeModel: Sendable {
    /// A number of the last 30 days, beside the 30 days before; it leads to the photos that it counts.
    struct Figure: Sendable {
        let name: String
        let value: String
        /// The same of the 30 days before.
        let before: String
        let address: String
    }

    struct Failures: Sendable {
        let sentence: String
        let address: String
    }

    let site: Site
    let name: String
    let figures: [Figure]
    let isNew: Bool
    let looks: LooksOverTime?
    /// Those that failed are told of in a sentence.
    let recent: [CardModel]
    let hasRecent: Bool
    /// What could not be analysed in the last 30 days; nil where all could.
    let failures: Failures?

    init(
        site: Site, user: User, recent: [Analysis], isNew: Bool, spans: Spans,
        trend: Trend, tags: [String] = [], now: Date = Date()
    ) {
        self.site = site
        name = user.name
        figures = Self.figures(spans)
        self.isNew = isNew
        looks = LooksOverTime(trend, tags: tags)
        self.recent = recent.map { CardModel($0, now: now) }
        hasRecent = !recent.isEmpty
        failures = Self.failures(spans)
    }

    private static func failures(_ spans: Spans) -> Failures? {
        guard spans.now.failed > 0 else { return nil }
        let photos = Words.count(spans.now.failed, "photo")
        return Failures(
            sentence: "\(photos) of the last 30 days could not be analysed.", address: address(.failed, spans))
    }

    private static func address(_ state: HistoryFilter.State?, look: String? = nil, _ spans: Spans) -> String {
        var filter = spans.filter
        (filter.state, filter.emotion) = (state, look)
        return HistoryModel.address("/analyses", filter)
    }

    private static func figures(_ spans: Spans) -> [Figure] {
        func figure(
            _ name: String, _ state: HistoryFilter.State? = nil, look: String? = nil, _ value: (SpanFigures) -> String
        ) -> Figure {
            Figure(
                name: name, value: value(spans.now), before: value(spans.before),
                address: address(state, look: look, spans))
        }
        return [
            figure("Photos", .finished) { Words.grouped($0.photos) },
            figure("Faces", .finished) { ($0.hasMoreFaces ? "over " : "") + Words.grouped($0.faces) },
            figure("Photos without a sure look", look: "unsure") { Words.grouped($0.unsure) },
            figure("Could not be analysed", .failed) { Words.grouped($0.failed) },
        ]
    }
}
