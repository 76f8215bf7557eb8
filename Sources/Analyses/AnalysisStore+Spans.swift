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
}
