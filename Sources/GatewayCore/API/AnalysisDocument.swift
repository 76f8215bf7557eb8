import Foundation

/// An analysis as JSON: what `/analyses/{id}.json` answers. The names are a promise to programs; add, do not change.
///
/// `/schemas/analysis-1.json` publishes its schema (Web/Static/analysis-1.schema.json); what is added here is added there.
struct AnalysisDocument: Codable, Sendable {
    let schema_version: Int
    let id: String
    let status: AnalysisStatus
    let title: String
    let subject: String
    let notes: String
    let tags: [String]
    /// The clock where the photo was taken, in no time zone.
    let taken_at: String?
    /// The photos that it was sent together with.
    let batch: String?
    let file: File
    let submitted_at: Date
    /// When the present try was put into the queue.
    let queued_at: Date
    let started_at: Date?
    let finished_at: Date?
    let attempts: Int
    /// Which try this is.
    let generation: Int
    /// From 1, while queued.
    let place_in_queue: Int?
    /// The oriented original's size in pixels, once finished.
    let width: Int?
    let height: Int?
    /// What most faces show, once finished: a class, `unsure`, or `none`.
    let dominant: String?
    let faces: [Face]
    /// Whether more faces were found than are listed.
    let faces_cut: Bool
    /// Whether the photo was taken whole as one face.
    let face_crop: Bool
    let model: ModelReference?
    let timings_ms: [String: Double]
    let error: Failure?

    /// The uploaded file.
    struct File: Codable, Sendable {
        let name: String
        let content_type: String
        let bytes: Int
    }

    /// A face; lengths in pixels of the oriented original.
    struct Face: Codable, Sendable {
        let number: Int
        let box: FaceResult.Box
        let emotion: String
        let confidence: Double
        let not_sure: Bool
        let probabilities: [String: Double]
        let notes: [String]
    }

    /// Why there is no result.
    struct Failure: Codable, Sendable {
        let code: String
        let message: String
    }

    init(_ analysis: Analysis, placeInQueue: Int?) {
        schema_version = 1
        id = analysis.id.lower
        status = analysis.status
        title = analysis.title
        subject = analysis.subject
        notes = analysis.notes
        tags = analysis.tags
        taken_at = analysis.takenAt
        batch = analysis.batchID?.lower
        file = File(name: analysis.fileName, content_type: analysis.contentType, bytes: analysis.photoBytes)
        submitted_at = analysis.submittedAt
        queued_at = analysis.queuedAt ?? analysis.submittedAt
        started_at = analysis.startedAt
        finished_at = analysis.finishedAt
        attempts = analysis.attempts
        generation = analysis.generation
        place_in_queue = placeInQueue
        width = analysis.width
        height = analysis.height
        dominant = analysis.dominant?.word
        faces = analysis.faces.map {
            Face(
                number: $0.number, box: $0.box, emotion: $0.emotion, confidence: $0.confidence, not_sure: $0.notSure,
                probabilities: $0.probabilities, notes: $0.notes)
        }
        faces_cut = analysis.facesCut
        face_crop = analysis.faceCrop
        model = analysis.model
        timings_ms = analysis.timingsMs
        error = analysis.errorCode.map { Failure(code: $0, message: analysis.errorMessage ?? "") }
    }

    /// The document's text; times in ISO 8601 with milliseconds, UTC.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(
                date.formatted(
                    .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted)))
        }
        return try encoder.encode(self)
    }
}
