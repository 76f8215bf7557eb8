package import Contracts
import Foundation
import Postgres

extension Recorder {
    /// Records results in one transaction.
    ///
    /// - Returns: what became of each.
    package func record(_ results: [ResultMessage]) async throws -> [Recording] {
        guard !results.isEmpty else { return [] }
        return try await database.withTransaction { connection in
            var recordings = [Recording](repeating: .ignored, count: results.count)
            var ended: [UUID] = []
            for index in try await order(results, on: connection) {
                recordings[index] = try await record(results[index], on: connection)
                if case .recorded = recordings[index], let id = UUID(uuidString: results[index].analysisID) {
                    ended.append(id)
                }
            }
            try await WebhookEvent.write(ended, on: connection)
            return recordings
        }
    }

    /// What became of a result.
    package enum Recording: Sendable {
        case recorded
        /// Nothing changed, because the analysis has ended, was deleted, or is in a later try.
        case ignored
        /// Nothing changed, because the pictures that were to be here are not: the photo waits for the sweeper like any that got
        /// no result, and its attempts bound how often that happens.
        case withoutPictures
    }

    /// Locks what results are about, and tells in which order to record them: gateways that record results of the same people
    /// at the same time take the locks in one order, by analysis and then by person, and so never wait for each other in a
    /// circle. What is in the bin has ended, and its results are ignored.
    private func order(_ results: [ResultMessage], on connection: Connection) async throws -> [Int] {
        guard results.count > 1 else { return Array(results.indices) }
        let ids = results.compactMap { UUID(uuidString: $0.analysisID) }
        let rows = try await connection.query(
            .often("SELECT id, user_id FROM analyses WHERE id = ANY(\(ids)) ORDER BY id FOR UPDATE"))
        let people = try Dictionary(
            rows.map { try ($0["id", as: UUID.self], $0["user_id", as: UUID.self].uuidString) }
        ) { first, _ in first }
        return results.indices.sorted { left, right in
            let (one, other) = (results[left], results[right])
            let person = UUID(uuidString: one.analysisID).flatMap { people[$0] } ?? ""
            let another = UUID(uuidString: other.analysisID).flatMap { people[$0] } ?? ""
            // Results of one analysis stay in the order of their arrival.
            return (person, one.analysisID, left) < (another, other.analysisID, right)
        }
    }

    /// Makes the one idempotent change: queued or processing to finished or failed, with the person's count.
    ///
    /// - Returns: ignored when nothing changed, because the analysis has ended, was cancelled or deleted, or is in a later
    ///   try.
    private func record(_ result: ResultMessage, on connection: Connection) async throws -> Recording {
        guard let id = UUID(uuidString: result.analysisID) else { return .ignored }
        if try await HandedPictures.lack(result, id, on: connection) { return .withoutPictures }
        let generation = Int(result.generation)
        switch result.outcome {
        case .analysis(let analysis):
            let statement = try AnalysisLifecycle.finished(id, generation: generation, AnalysisResult(analysis))
            guard try await connection.first(statement) != nil else { return .ignored }
            if !analysis.isHandedOver { try await keep(analysis.pictures, of: id, on: connection) }
        case .failure(let failure):
            let statement = AnalysisLifecycle.failed(
                id, generation: generation, code: failure.code, message: failure.message)
            guard try await connection.first(statement) != nil else { return .ignored }
        case nil:
            return .ignored
        }
        return .recorded
    }

    private func keep(_ pictures: Pictures, of id: UUID, on connection: Connection) async throws {
        try await connection.execute(
            """
            INSERT INTO previews (analysis_id, annotated, clean, thumbnail)
            VALUES (\(id), \(pictures.annotated), \(pictures[.clean]), \(pictures[.thumbnail]))
            ON CONFLICT (analysis_id) DO UPDATE
            SET annotated = excluded.annotated, clean = excluded.clean, thumbnail = excluded.thumbnail
            """)
    }
}

extension AnalysisResult {
    package init(_ analysis: Mien_V1_Analysis) {
        var timings: [String: Double] = [:]
        for timing in analysis.timings { timings[timing.stage] = (Double(timing.milliseconds) * 100).rounded() / 100 }
        self.init(
            width: Int(analysis.width), height: Int(analysis.height), previewWidth: Int(analysis.previewWidth),
            previewHeight: Int(analysis.previewHeight), findings: Findings(analysis),
            model: ModelReference(name: analysis.model.name, version: analysis.model.version), timingsMs: timings)
    }
}

extension Findings {
    /// What the worker found, in the form that is kept.
    package init(_ analysis: Mien_V1_Analysis) {
        self.init(
            faces: analysis.faces.map(FaceResult.init), facesCut: analysis.facesCut, faceCrop: analysis.faceCrop,
            rotation: Int(analysis.rotation), incomplete: analysis.incomplete)
    }
}

extension FaceResult {
    package init(_ face: Mien_V1_Face) {
        // Their sum may be a little more than 1, and so may the only one that is not 0.
        let named = zip(Emotion.names, face.probabilities).map { ($0, Double(min($1, 1)).rounded(places: 5)) }
        let top = named.max { $0.1 < $1.1 } ?? ("neutral", 0)
        self.init(
            number: Int(face.number),
            box: Box(
                x: Double(face.box.x).rounded(places: 1), y: Double(face.box.y).rounded(places: 1),
                width: Double(face.box.width).rounded(places: 1), height: Double(face.box.height).rounded(places: 1)),
            landmarks: face.landmarks.map {
                Point(x: Double($0.x).rounded(places: 1), y: Double($0.y).rounded(places: 1))
            },
            emotion: top.0, confidence: top.1,
            probabilities: Dictionary(named) { first, _ in first },
            notSure: face.notSure, notes: face.notes,
            activation: face.hasActivation ? Activation(face.activation) : nil)
    }
}

extension FaceResult.Activation {
    init(_ map: Mien_V1_Activation) {
        self.init(
            columns: Int(map.columns), cells: map.cells, low: Double(map.low).rounded(places: 3),
            high: Double(map.high).rounded(places: 3),
            area: FaceResult.Area(x: Double(map.x), y: Double(map.y), side: Double(map.side), angle: Double(map.angle)))
    }
}

extension Double {
    /// The nearest number with so many decimals: what is kept says no more than was measured.
    package func rounded(places: Int) -> Double {
        let factor = pow(10, Double(places))
        return (self * factor).rounded() / factor
    }
}
