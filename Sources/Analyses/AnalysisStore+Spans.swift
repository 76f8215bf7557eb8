package import Foundation
import Postgres

/// What a person's photos came to in a span of time.
package struct SpanFigures: Sendable, Equatable {
    package let photos: Int
    /// Photos with faces, of none of which the model is sure.
    package let unsure: Int
    package let failed: Int
    /// Faces in the newest ``AnalysisStore/mostCounted`` of the photos.
    package let faces: Int
    /// Whether there are more photos than those.
    package let hasMoreFaces: Bool

    package init(photos: Int, unsure: Int, failed: Int, faces: Int, hasMoreFaces: Bool) {
        self.photos = photos
        self.unsure = unsure
        self.failed = failed
        self.faces = faces
        self.hasMoreFaces = hasMoreFaces
    }
}

/// The last days beside as many before them.
package struct Spans: Sendable {
    package let now: SpanFigures
    package let before: SpanFigures
    /// What finds the photos of now in the history.
    package let filter: HistoryFilter

    package init(now: SpanFigures, before: SpanFigures, filter: HistoryFilter) {
        self.now = now
        self.before = before
        self.filter = filter
    }
}

extension AnalysisStore {
    /// Faces lie in each result's JSON: reading a hundred thousand of them costs more than the page.
    package static let mostCounted = 500

    /// The last so many days, the last of which is today, and as many before them; by the days of the history, to which the
    /// figures lead.
    package func spans(owner: UUID, days: Int, zone: TimeZone = .gmt) async throws -> Spans {
        let first = TrendCalendar.adding(1 - days, to: TrendCalendar.day(Date(), in: zone))
        var now = HistoryFilter()
        (now.zone, now.from) = (zone, TrendCalendar.text(first))
        var before = now
        before.from = TrendCalendar.text(TrendCalendar.adding(-days, to: first))
        before.until = TrendCalendar.text(TrendCalendar.adding(-1, to: first))
        return Spans(
            now: try await span(owner: owner, now), before: try await span(owner: owner, before), filter: now)
    }

    private func span(owner: UUID, _ filter: HistoryFilter) async throws -> SpanFigures {
        var span: Statement = "user_id = \(owner) AND binned_at IS NULL"
        span.append(filter.conditions)
        // Both counts are answered from their indexes alone.
        var counts: Statement = "SELECT count(*), count(*) FILTER (WHERE emotion = 'unsure')"
        counts.append(" FROM analyses WHERE emotion IS NOT NULL AND ")
        counts.append(span)
        let (photos, unsure) = try await database.first(counts)?.decode((Int, Int).self) ?? (0, 0)
        var failures: Statement = "SELECT count(*) FROM analyses WHERE status = 'failed' AND "
        failures.append(span)
        let failed = try await database.first(failures)?.decode(Int.self) ?? 0
        var faces: Statement = "SELECT coalesce(sum(faces), 0)::bigint FROM ("
        faces.append("SELECT jsonb_array_length(faces->'faces') AS faces FROM analyses WHERE ")
        faces.append(span)
        faces.append(
            " AND emotion IS NOT NULL ORDER BY submitted_at DESC, id DESC LIMIT \(Self.mostCounted)) AS newest")
        return SpanFigures(
            photos: photos, unsure: unsure, failed: failed,
            faces: try await database.first(faces)?.decode(Int.self) ?? 0, hasMoreFaces: photos > Self.mostCounted)
    }
}
