import Foundation

/// Where an analysis stands. `finished`, `failed` and `cancelled` are terminal.
enum AnalysisStatus: String, Sendable, Codable, CaseIterable {
    case queued, processing, finished, failed, cancelled

    /// What is still to be done.
    static let open: [Self] = [.queued, .processing]
    /// What has ended.
    static let ended: [Self] = [.finished, .failed, .cancelled]

    /// Whether nothing will change by itself any more.
    var isTerminal: Bool { Self.ended.contains(self) }
}

/// Which topic a job goes through: a person waiting before a page is never behind somebody's bulk upload.
enum AnalysisLane: String, Sendable, Codable {
    case interactive, bulk
}

/// One photo with its information, and what was found in it.
struct Analysis: Sendable {
    let id: UUID
    let userID: UUID
    let status: AnalysisStatus
    let lane: AnalysisLane
    let title: String
    let subject: String
    let notes: String
    let fileName: String
    let contentType: String
    let photoBytes: Int
    let submittedAt: Date
    /// When a worker first claimed the photo.
    let startedAt: Date?
    let finishedAt: Date?
    let attempts: Int
    /// The oriented original's size in pixels; nil until finished.
    let width: Int?
    let height: Int?
    /// The previews' size in pixels; nil until finished.
    let previewWidth: Int?
    let previewHeight: Int?
    let findings: Findings?
    let model: ModelReference?
    /// Milliseconds by stage: wait, fetch, decode, detect, crop, classify, preview.
    let timingsMs: [String: Double]
    let errorCode: String?
    let errorMessage: String?
    /// The photos it was sent together with.
    var batchID: UUID?
    /// In lower case.
    var tags: [String] = []
    /// The clock where the photo was taken, `2026-11-24T09:30`, in no time zone.
    var takenAt: String?
    /// When its present try was put into the queue.
    var queuedAt: Date?
    /// Which try this is; each "try again" begins a new one.
    var generation = 1

    /// The faces found, largest first; empty until finished.
    var faces: [FaceResult] { findings?.faces ?? [] }
    /// Whether more faces were found than are listed.
    var facesCut: Bool { findings?.facesCut ?? false }
    /// Whether the photo was taken whole as one face.
    var faceCrop: Bool { findings?.faceCrop ?? false }
    /// What most faces show; nil until finished.
    var dominant: DominantEmotion? { status == .finished ? DominantEmotion(faces) : nil }
    /// What the person said about it.
    var information: AnalysisInformation {
        AnalysisInformation(title: title, subject: subject, notes: notes, tags: tags, takenAt: takenAt)
    }
}

/// What is kept of a result as JSON in `analyses.faces`.
struct Findings: Codable, Sendable {
    let faces: [FaceResult]
    let facesCut: Bool
    let faceCrop: Bool
}

/// One face of a finished analysis.
struct FaceResult: Codable, Sendable {
    /// From 1, the same number in picture, list and JSON.
    let number: Int
    let box: Box
    /// Left eye, right eye, nose, left and right mouth corner as seen in the picture; pixels of the oriented original.
    let landmarks: [Point]
    /// The most probable class, in lower case.
    let emotion: String
    /// Its calibrated probability, 0…1.
    let confidence: Double
    /// Calibrated probability by class name; seven of them, which sum to 1.
    let probabilities: [String: Double]
    /// Whether the confidence is below the model's threshold, or the face cannot be judged.
    let notSure: Bool
    /// Quality notes: small, turned, dark, blurred.
    let notes: [String]

    /// A rectangle in pixels of the oriented original.
    struct Box: Codable, Sendable {
        let x: Double
        let y: Double
        let width: Double
        let height: Double
    }

    /// A place in pixels of the oriented original.
    struct Point: Codable, Sendable {
        let x: Double
        let y: Double
    }
}

/// The model that made a result.
struct ModelReference: Sendable, Codable {
    let name: String
    let version: String
}
