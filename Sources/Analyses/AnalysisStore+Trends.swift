package import Foundation
import Postgres

/// What a person's photos came to in a span of time.
package struct SpanFigures: Sendable, Equatable {
    package let photos: Int
    /// Photos in which the model is sure of a face.
    package let sure: Int
    /// Photos with a face that it is not sure of, and of no other.
    package let unsure: Int
    package let failed: Int
    /// Faces in the newest ``AnalysisStore/mostCounted`` of the photos.
    package let faces: Int
    /// Whether there are more photos than those.
    package let hasMoreFaces: Bool

    package init(photos: Int, sure: Int, unsure: Int, failed: Int, faces: Int, hasMoreFaces: Bool) {
        self.photos = photos
        self.sure = sure
        self.unsure = unsure
        self.failed = failed
        self.faces = faces
        self.hasMoreFaces = hasMoreFaces
    }

    /// Of the photos with faces, the share with one that the model is sure of; nil without any.
    package var sureShare: Double? { sure + unsure > 0 ? Double(sure) / Double(sure + unsure) : nil }
}

/// How many photos of a month appear how.
package struct MonthLooks: Sendable, Equatable {
    package let year: Int
    /// From 1.
    package let month: Int
    /// By the look that most faces of a photo have, `unsure` and `none`.
    package let photos: [String: Int]

    package init(year: Int, month: Int, photos: [String: Int]) {
        self.year = year
        self.month = month
        self.photos = photos
    }
}

extension AnalysisStore {
    /// Faces lie in each result's JSON: reading a hundred thousand of them costs more than the page.
    package static let mostCounted = 500

    /// The last so many days, and as many before them.
    package func spans(owner: UUID, days: Int) async throws -> (now: SpanFigures, before: SpanFigures) {
        (try await span(owner: owner, from: days, to: 0), try await span(owner: owner, from: 2 * days, to: days))
    }

    private func span(owner: UUID, from: Int, to: Int) async throws -> SpanFigures {
        let span: Statement = """
            user_id = \(owner) AND binned_at IS NULL AND submitted_at > now() - make_interval(days => \(from)::int)
                AND submitted_at <= now() - make_interval(days => \(to)::int)
            """
        // Both counts are answered from their indexes alone.
        var counts: Statement = "SELECT count(*), count(*) FILTER (WHERE emotion NOT IN ('unsure', 'none')),"
        counts.append(" count(*) FILTER (WHERE emotion = 'unsure')")
        counts.append(" FROM analyses WHERE emotion IS NOT NULL AND ")
        counts.append(span)
        let (photos, sure, unsure) = try await database.first(counts)?.decode((Int, Int, Int).self) ?? (0, 0, 0)
        var failures: Statement = "SELECT count(*) FROM analyses WHERE status = 'failed' AND "
        failures.append(span)
        let failed = try await database.first(failures)?.decode(Int.self) ?? 0
        var faces: Statement = "SELECT coalesce(sum(faces), 0)::bigint FROM ("
        faces.append("SELECT jsonb_array_length(faces->'faces') AS faces FROM analyses WHERE ")
        faces.append(span)
        faces.append(
            " AND emotion IS NOT NULL ORDER BY submitted_at DESC, id DESC LIMIT \(Self.mostCounted)) AS newest")
        return SpanFigures(
            photos: photos, sure: sure, unsure: unsure, failed: failed,
            faces: try await database.first(faces)?.decode(Int.self) ?? 0, hasMoreFaces: photos > Self.mostCounted)
    }

    /// The looks of the last twelve months in a time zone, oldest first, months without a photo included.
    package func monthlyLooks(owner: UUID, zone: String) async throws -> [MonthLooks] {
        let looks = HistoryFilter.emotions
        // A count for each month and look, each a piece of one index: telling every row's month costs ten times as much.
        return try await database.query(
            """
            WITH months AS (
                SELECT generate_series(
                    date_trunc('month', now() AT TIME ZONE \(zone)) - interval '11 months',
                    date_trunc('month', now() AT TIME ZONE \(zone)), interval '1 month') AS month)
            SELECT extract(year FROM month)::int8, extract(month FROM month)::int8, look,
                (SELECT count(*) FROM analyses
                 WHERE user_id = \(owner) AND emotion = look AND binned_at IS NULL
                   AND submitted_at >= month AT TIME ZONE \(zone)
                   AND submitted_at < (month + interval '1 month') AT TIME ZONE \(zone))
            FROM months CROSS JOIN unnest(\(looks)) AS look ORDER BY month
            """
        ).reduce(into: []) { months, row in
            let (year, month, look, count) = try row.decode((Int, Int, String, Int).self)
            let known = months.last.flatMap { $0.year == year && $0.month == month ? months.removeLast() : nil }
            var photos = known?.photos ?? [:]
            if count > 0 { photos[look] = count }
            months.append(MonthLooks(year: year, month: month, photos: photos))
        }
    }
}
