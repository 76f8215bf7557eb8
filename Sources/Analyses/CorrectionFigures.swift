package import Foundation
import Postgres

/// How often people said something else than a model answered, of one of its answers.
package struct CorrectionFigures: Sendable {
    /// The class that the model answered, sure of it or not; nil for faces that it missed.
    package let answer: String?
    /// Faces of which people said something.
    package let faces: Int
    /// Of those, the ones of which they said the same.
    package let same: Int
    package let cannotTell: Int
    package let notAFace: Int

    /// Of those, the ones of which they said another class.
    package var other: Int { faces - same - cannotTell - notAFace }
}

/// A photo whose owner lets some of its faces improve the model.
package struct ConsentedPhoto: Sendable {
    package let analysis: Analysis
    /// As it was sent.
    package let photo: [UInt8]
}

extension AnalysisStore {
    /// What people said of a model's answers, in all accounts together: 5 s for 50,000 photos that somebody corrected.
    package func correctionFigures(of model: ModelReference) async throws -> [CorrectionFigures] {
        try await database.query(
            """
            SELECT l.answer, count(*), count(*) FILTER (WHERE l.said = l.answer),
                   count(*) FILTER (WHERE l.said = 'cannot_tell'), count(*) FILTER (WHERE l.said = 'not_a_face')
            FROM analyses a, face_looks(a.faces, a.corrections) l
            WHERE a.corrections IS NOT NULL AND a.binned_at IS NULL AND a.model_name = \(model.name) AND a.model_version = \(model.version)
              AND l.said IS NOT NULL
            GROUP BY l.answer
            """
        ).map {
            let (answer, faces, same, cannotTell, notAFace) = try $0.decode((String?, Int, Int, Int, Int).self)
            return CorrectionFigures(
                answer: answer, faces: faces, same: same, cannotTell: cannotTell, notAFace: notAFace)
        }
    }

    /// The next photo, by id, of which a face may improve the model and that is kept still; of all accounts, for the
    /// operator's export.
    package func consentedPhoto(after id: UUID?) async throws -> ConsentedPhoto? {
        let row = try await database.first(
            """
            SELECT \(unescaped: Self.columns), (SELECT p.bytes FROM photos p WHERE p.analysis_id = id) AS photo
            FROM analyses
            WHERE corrections @> '[{"mayTrain": true}]' AND (\(id) IS NULL OR id > \(id)) AND faces IS NOT NULL
              AND binned_at IS NULL AND EXISTS (SELECT 1 FROM photos p WHERE p.analysis_id = id)
              AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = analyses.user_id AND u.leaving_at IS NOT NULL)
            ORDER BY id LIMIT 1
            """)
        return try row.map { ConsentedPhoto(analysis: try Analysis(row: $0), photo: try $0["photo", as: [UInt8].self]) }
    }
}
