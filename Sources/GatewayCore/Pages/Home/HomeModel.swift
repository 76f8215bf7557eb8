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

    let site: Site
    let name: String
    let figures: [Figure]
    let hasFigures: Bool
    let looks: LooksOverTime?
    let recent: [CardModel]
    let hasRecent: Bool

    init(
        site: Site, user: User, recent: [Analysis], spans: Spans,
        trend: Trend, tags: [String] = [], now: Date = Date()
    ) {
        self.site = site
        name = user.name
        figures = Self.figures(spans)
        hasFigures = !recent.isEmpty
        looks = LooksOverTime(trend, tags: tags)
        self.recent = recent.map { CardModel($0, now: now) }
        hasRecent = !recent.isEmpty
    }

    private static func figures(_ spans: Spans) -> [Figure] {
        func figure(
            _ name: String, _ state: HistoryFilter.State? = nil, look: String? = nil, _ value: (SpanFigures) -> String
        ) -> Figure {
            var filter = spans.filter
            (filter.state, filter.emotion) = (state, look)
            return Figure(
                name: name, value: value(spans.now), before: value(spans.before),
                address: HistoryModel.address("/analyses", filter))
        }
        return [
            figure("Photos", .finished) { Words.grouped($0.photos) },
            figure("Faces", .finished) { ($0.hasMoreFaces ? "over " : "") + Words.grouped($0.faces) },
            figure("Photos without a sure look", look: "unsure") { Words.grouped($0.unsure) },
            figure("Could not be analysed", .failed) { Words.grouped($0.failed) },
        ]
    }
}
