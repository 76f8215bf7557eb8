package import Analyses
package import Foundation

/// An analysis as JSON: what `/analyses/{id}.json` answers. The names are a promise to programs; add, do not change.
///
/// `/schemas/analysis-1.json` publishes its schema (Static/analysis-1.schema.json); what is added here is added there.
package struct AnalysisDocument: Codable, Sendable {
    package let schema_version: Int
    package let id: String
    package let status: AnalysisStatus
    package let title: String
    package let subject: String
    package let notes: String
    package let tags: [String]
    /// The clock where the photo was taken, in no time zone.
    package let taken_at: String?
    /// The photos that it was sent together with.
    package let batch: String?
    package let file: File
    package let submitted_at: Date
    /// When the present try was put into the queue.
    package let queued_at: Date
    package let started_at: Date?
    package let finished_at: Date?
    package let attempts: Int
    /// Which try this is.
    package let generation: Int
    /// From 1, while queued.
    let place_in_queue: Int?
    /// The oriented original's size in pixels, once finished.
    package let width: Int?
    package let height: Int?
    /// What most faces show, by what people said of them, once finished: a class, `unsure`, or `none`.
    package let dominant: String?
    /// As the model answered, each with what its owner said of it.
    package let faces: [Face]
    /// Those that the model missed and the owner marked.
    package let missed_faces: [Missed]
    /// Whether more faces were found than are listed.
    package let faces_cut: Bool
    /// Whether the photo was taken whole as one face.
    package let face_crop: Bool
    /// By how many degrees clockwise the photo has to be turned to be upright, and is in the pictures; once finished.
    package let rotation: Int?
    /// Whether the file ended before the photo did.
    package let incomplete: Bool
    /// Whether the photo as it was sent stays once it is analysed.
    package let keep_photo: Bool
    /// Days after its end, after which it is deleted because its owner said so.
    package let delete_after: Int?
    /// The first analysis of the same photo.
    package let duplicate_of: String?
    /// When its owner deleted it, of what is in the bin.
    package let binned_at: Date?
    package let model: ModelReference?
    package let timings_ms: [String: Double]
    package let error: Failure?

    /// The uploaded file.
    package struct File: Codable, Sendable {
        package let name: String
        package let content_type: String
        package let bytes: Int
    }

    /// A face; lengths in pixels of the oriented original.
    package struct Face: Codable, Sendable {
        package let number: Int
        package let box: FaceResult.Box
        /// Left eye, right eye, nose, left and right mouth corner; none for a photo taken whole.
        package let landmarks: [FaceResult.Point]
        /// Degrees by which the head is turned clockwise.
        package let roll: Double?
        package let emotion: String
        package let confidence: Double
        package let not_sure: Bool
        package let probabilities: [String: Double]
        package let notes: [String]
        /// Where the network saw what spoke for `emotion`.
        package let activation: Activation?
        package let correction: Said?
    }

    /// What a person said of a face.
    package struct Said: Codable, Sendable {
        /// A class, `cannot_tell` or `not_a_face`.
        package let look: SaidLook
        /// Whether the face may be used to improve the model.
        package let may_train: Bool
        package let said_at: Date

        init(_ correction: Correction) {
            look = correction.look
            may_train = correction.mayTrain
            said_at = correction.at
        }
    }

    /// A face that the model missed; lengths in pixels of the oriented original.
    package struct Missed: Codable, Sendable {
        /// After the numbers of `faces`.
        package let number: Int
        package let box: FaceResult.Box
        package let correction: Said
    }

    /// A class activation map; the mean of `values` is the class's calibrated logit.
    package struct Activation: Codable, Sendable {
        package let columns: Int
        package let rows: Int
        /// Row by row; above 0 what spoke for the class.
        package let values: [Double]
        /// The square over which it lies.
        package let area: FaceResult.Area

        init(_ map: FaceResult.Activation) {
            columns = map.columns
            rows = map.rows
            values = map.values.map { $0.rounded(places: 2) }
            area = map.area
        }
    }

    /// Why there is no result.
    package struct Failure: Codable, Sendable {
        package let code: String
        package let message: String
    }

    package init(_ analysis: Analysis, placeInQueue: Int?) {
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
                number: $0.number, box: $0.box, landmarks: $0.landmarks, roll: $0.roll, emotion: $0.emotion,
                confidence: $0.confidence, not_sure: $0.notSure, probabilities: $0.probabilities, notes: $0.notes,
                activation: $0.activation.map(Activation.init), correction: $0.correction.map(Said.init))
        }
        missed_faces = analysis.missed.map {
            Missed(number: $0.number, box: $0.box, correction: Said($0.correction))
        }
        faces_cut = analysis.facesCut
        face_crop = analysis.faceCrop
        rotation = analysis.status == .finished ? analysis.rotation : nil
        incomplete = analysis.incomplete
        keep_photo = analysis.keepsPhoto
        delete_after = analysis.deleteAfterDays
        duplicate_of = analysis.duplicateOf?.lower
        binned_at = analysis.binnedAt
        model = analysis.model
        timings_ms = analysis.timingsMs
        error = analysis.errorCode.map { Failure(code: $0, message: analysis.errorMessage ?? "") }
    }

    /// The document's text.
    package func json() throws -> Data { try JSONEncoder.documents.encode(self) }
}

extension JSONEncoder {
    /// For what programs read: sorted names, times in RFC 3339 with milliseconds, UTC.
    package static var documents: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(
                date.formatted(
                    .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted)))
        }
        return encoder
    }
}
