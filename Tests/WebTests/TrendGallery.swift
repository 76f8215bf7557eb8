import Foundation

@testable import Analyses
@testable import GatewayCore

/// The page of trends, with one topic and with two.
enum TrendGallery {
    /// - Parameter faces: the most of one look in a bar.
    static func trend(_ fields: [String: String] = [:], faces: Int = 6) -> Trend {
        let query = (try? TrendQuery { fields[$0] }) ?? TrendQuery()
        let plan = TrendPlan(
            query, today: TrendCalendar.day(Fixtures.now, in: .gmt), earliest: TrendCalendar.day("1998-02-03"))
        let topics = [query.topic] + (query.compared.map { [$0] } ?? [])
        let series = topics.enumerated().map { place, topic in
            TrendSeries(
                topic: topic,
                bars: plan.bars.indices.map { counts($0 + place, $0 % 5 == 3 ? 0 : faces) },
                before: plan.before.map { _ in counts(1, faces * 9) }, photosLater: place)
        }
        return Trend(query: query, plan: plan, series: series)
    }

    private static func counts(_ seed: Int, _ faces: Int) -> TrendCounts {
        guard faces > 0 else { return TrendCounts(photos: 1) }
        let looks = TrendQuery.looks.enumerated().map { ($1, 1 + (seed * 7 + $0 * 3) % faces) }
        return TrendCounts(photos: 12, photosByDateTaken: seed % 12, looks: Dictionary(uniqueKeysWithValues: looks))
    }

    static func pages() throws -> [Gallery.Picture] {
        let site = try Fixtures.site("Trends", place: .trends)
        func page(_ name: String, _ fields: [String: String] = [:], faces: Int = 6, isNew: Bool = false)
            -> Gallery.Picture
        {
            Gallery.Picture(
                name: name, page: .trends,
                model: TrendsModel(
                    site: site, trend: trend(fields, faces: faces), tags: ["family", "summer holiday", "lake"],
                    subjects: ["Eileen Collins"], isNew: isNew))
        }
        return [
            page("trends"), page("trends-new", faces: 0, isNew: true), page("trends-empty", faces: 0),
            page("trends-weeks", ["period": "12m", "step": "week"], faces: 40),
            page("trends-look", ["look": "happy", "show": "count", "period": "30d"]),
            page("trends-pair", ["of": "tag:lake", "with": "all", "period": "12m", "step": "week"]),
            page("trends-subject", ["of": "subject:Somebody else", "with": "tag:family", "period": "all"]),
            page("trends-days", ["of": "tag:family", "with": "tag:lake", "period": "30d"], faces: 40),
        ]
    }
}
