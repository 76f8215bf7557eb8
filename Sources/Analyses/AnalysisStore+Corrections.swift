import Contracts
package import Foundation
import Postgres

/// Why a correction is not taken.
package enum CorrectionRefusal: Error, Equatable {
    /// The owner has no such analysis, or it has no such face.
    case notFound
    /// It has no result.
    case notFinished
    /// A face was marked where this one is.
    case isThere(number: Int)
    /// A face was marked that is too small, or does not lie within the photo; its size in pixels.
    case outside(width: Int, height: Int)
    /// As many faces were marked as may be.
    case tooMany
}

extension AnalysisStore {
    /// Most faces of one photo that are marked by hand.
    package static let mostMissed = Mien_V1_Drawing.maximumMarked
    /// Least width and height of such a face, in pixels.
    package static let leastMissed = 8

    /// Keeps what its owner says of a face, in place of what was said of it before. Of a face that was marked by hand and is
    /// none, nothing is kept.
    ///
    /// - Returns: the analysis as it is then.
    /// - Throws: ``CorrectionRefusal``.
    package func correct(
        _ id: UUID, face number: Int, as look: SaidLook, mayTrain: Bool, owner: UUID
    ) async throws -> Analysis {
        try await changeCorrections(id, owner: owner) { analysis, all, _, _ in
            let (box, mark, index) = try Self.part(number, of: analysis, all)
            var all = all
            if let index { all.remove(at: index) }
            if mark != nil, look == .notAFace { return all }
            // In its place: of faces that were marked by hand, the order is what a person sees.
            all.insert(
                Correction(box: box, look: look, mayTrain: mayTrain, mark: mark), at: index ?? all.endIndex)
            return all
        }
    }

    /// Takes back what was said of a face; one that was marked by hand goes with it.
    ///
    /// - Returns: the analysis as it is then.
    /// - Throws: ``CorrectionRefusal``.
    package func withdrawCorrection(_ id: UUID, face number: Int, owner: UUID) async throws -> Analysis {
        try await changeCorrections(id, owner: owner) { analysis, all, _, _ in
            var all = all
            if let index = try Self.part(number, of: analysis, all).index { all.remove(at: index) }
            return all
        }
    }

    /// Marks a face that the model missed; it gets the last number.
    ///
    /// - Parameter box: in pixels of the oriented original.
    /// - Returns: the analysis as it is then.
    /// - Throws: ``CorrectionRefusal``.
    package func markFace(
        _ id: UUID, _ box: FaceResult.Box, as look: SaidLook, mayTrain: Bool, owner: UUID
    ) async throws -> Analysis {
        try await changeCorrections(id, owner: owner) { analysis, all, next, connection in
            let (width, height) = (analysis.width ?? 0, analysis.height ?? 0)
            let least = Double(Self.leastMissed)
            guard min(box.width, box.height) >= least, min(box.x, box.y) >= 0, box.x + box.width <= Double(width),
                box.y + box.height <= Double(height)
            else { throw CorrectionRefusal.outside(width: width, height: height) }
            guard analysis.missed.count < Self.mostMissed else { throw CorrectionRefusal.tooMany }
            if let number = try await Self.face(at: box, in: analysis, connection) {
                throw CorrectionRefusal.isThere(number: number)
            }
            return all + [Correction(box: box, look: look, mayTrain: mayTrain, mark: next)]
        }
    }

    /// Where a face is, its mark if the model missed it, and where among the corrections what is said of it stands.
    private static func part(
        _ number: Int, of analysis: Analysis, _ all: [Correction]
    ) throws -> (box: FaceResult.Box, mark: Int?, index: Int?) {
        if let face = analysis.faces.first(where: { $0.number == number }) {
            return (face.box, nil, all.lastIndex { $0.face == number })
        }
        guard let missed = analysis.missed.first(where: { $0.number == number }) else {
            throw CorrectionRefusal.notFound
        }
        let mark = number - analysis.faces.count
        return (missed.box, mark, all.firstIndex { $0.mark == mark })
    }

    /// The number of a face that is there already, by the rule that holds corrections to their faces.
    private static func face(
        at box: FaceResult.Box, in analysis: Analysis, _ connection: Connection
    ) async throws -> Int? {
        let known = analysis.faces.map { ($0.number, $0.box) } + analysis.missed.map { ($0.number, $0.box) }
        guard !known.isEmpty else { return nil }
        func rectangle(_ box: FaceResult.Box) -> Statement {
            "box(point(\(box.x), \(box.y)), point(\(box.x + box.width), \(box.y + box.height)))"
        }
        let rows = known.map { "(\($0.0), \(rectangle($0.1)))" as Statement }
        return try await connection.first(
            """
            SELECT number FROM (VALUES \(rows.joined(separator: ", "))) AS known (number, area)
            WHERE face_overlap(area, \(rectangle(box))) IS NOT NULL ORDER BY number LIMIT 1
            """)?.decode(Int.self)
    }

    /// Changes what is said of an analysis while nobody else does.
    ///
    /// - Parameter change: is given what is said so far, each face that was marked by hand with its mark, and the next mark.
    private func changeCorrections(
        _ id: UUID, owner: UUID,
        _ change: @Sendable (Analysis, [Correction], _ next: Int, Connection) async throws -> [Correction]
    ) async throws -> Analysis {
        try await database.withTransaction { connection in
            let mine: Statement = "WHERE id = \(id) AND user_id = \(owner) AND binned_at IS NULL"
            let row = try await connection.first(
                "SELECT \(unescaped: Self.columns), last_mark FROM analyses \(mine) FOR NO KEY UPDATE")
            guard let row else { throw CorrectionRefusal.notFound }
            let analysis = try Analysis(row: row)
            guard analysis.status == .finished else { throw CorrectionRefusal.notFinished }
            let before = Correction.marked(analysis.corrections)
            let last = max(Int(try row["last_mark", as: Int32.self]), before.compactMap(\.mark).max() ?? 0)
            let said = try await change(analysis, before, last + 1, connection)
            let json = said.isEmpty ? nil : try Correction.json(said)
            let changed = try await connection.first(
                """
                UPDATE analyses SET corrections = \(json)::jsonb,
                    last_mark = \(max(last, said.compactMap(\.mark).max() ?? 0))::int
                \(mine) RETURNING \(unescaped: Self.columns)
                """)
            guard let changed else { throw CorrectionRefusal.notFound }
            try await DrawnPicture.discard(id, in: connection)
            return try Analysis(row: changed)
        }
    }
}
