import Accounts
import Analyses
import Foundation
import Hummingbird
import Reports
import ServiceSupport

/// Looks over time.
extension APIRoutes {
    private struct TrendDocument: Encodable {
        struct Counts: Encodable {
            /// Photos with a result, those without a face among them.
            let photos: Int
            /// Those that count on the day on which they were taken.
            let photos_by_date_taken: Int
            let faces: Int
            /// By class and `unsure`.
            let looks: [String: Int]

            init(_ counts: TrendCounts) {
                photos = counts.photos
                photos_by_date_taken = counts.photosByDateTaken
                faces = counts.faces
                looks = Dictionary(uniqueKeysWithValues: TrendQuery.looks.map { ($0, counts[$0]) })
            }
        }
        struct Bar: Encodable {
            let from: String
            let until: String
            let counts: Counts
        }
        struct Series: Encodable {
            let of: String
            /// In plain words.
            let summary: String
            let total: Counts
            /// The same time before; `null` where the period has no beginning.
            @Present var before: Counts?
            /// Photos whose date lies after today; they are in no bar.
            let photos_later: Int
            let bars: [Bar]
        }

        let period: String
        /// The one that was asked for, or a longer one where there would be too many bars.
        let step: String
        let time_zone: String
        /// Two series in words; `null` of one, or where one has no faces.
        @Present var comparison: String?
        let series: [Series]
    }

    func trends(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let names = ["of", "with", "period", "step", "look"]
        try asked.checkQuery(names)
        // A page's form sends its empty fields; a program that sends one has lost a value.
        for name in names where asked.request.query[name]?.asField == "" {
            throw RequestFailure.badQuery([name: "It is empty."])
        }
        let query = try TrendQuery { asked.request.query[$0] }
        let zone = PersonalTime.current
        let trend = try await analyses.trend(query, owner: user.id, zone: zone)
        let series = trend.series.map { series in
            TrendDocument.Series(
                of: series.topic.word, summary: TrendWords.summary(series, trend), total: .init(series.total),
                before: series.before.map(TrendDocument.Counts.init), photos_later: series.photosLater,
                bars: zip(trend.plan.bars, series.bars).map { span, counts in
                    TrendDocument.Bar(
                        from: TrendCalendar.text(span.first), until: TrendCalendar.text(span.last),
                        counts: .init(counts))
                })
        }
        return try APIAnswer.json(
            TrendDocument(
                period: query.period.rawValue, step: trend.plan.step.rawValue, time_zone: zone.identifier,
                comparison: TrendWords.comparison(trend), series: series))
    }
}
