import Accounts
import Analyses
import Contracts
import Foundation
import Reports

/// The first page after logging in.
struct HomeModel: Sendable {
    /// A number of the last 30 days, beside the 30 days before.
    struct Figure: Sendable {
        let name: String
        let value: String
        /// "12 the month before", or nil where there was nothing.
        let before: String?
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
        site: Site, user: User, recent: [Analysis], spans: (now: SpanFigures, before: SpanFigures),
        trend: Trend, tags: [String] = [], now: Date = Date()
    ) {
        self.site = site
        name = user.name
        figures = Self.figures(spans.now, spans.before)
        hasFigures = !recent.isEmpty
        looks = LooksOverTime(trend, tags: tags)
        self.recent = recent.map { CardModel($0, now: now) }
        hasRecent = !recent.isEmpty
    }

    private static func figures(_ now: SpanFigures, _ before: SpanFigures) -> [Figure] {
        func figure(_ name: String, _ address: String, _ value: (SpanFigures) -> String?) -> Figure {
            Figure(name: name, value: value(now) ?? "–", before: value(before), address: address)
        }
        return [
            figure("Photos", "/analyses") { Words.grouped($0.photos) },
            figure("Faces", "/analyses") { ($0.hasMoreFaces ? "over " : "") + Words.grouped($0.faces) },
            figure("Photos with a sure look", "/analyses?emotion=unsure") { $0.sureShare.map(Words.percent) },
            figure("Could not be analysed", "/analyses?state=failed") { Words.grouped($0.failed) },
        ]
    }
}
