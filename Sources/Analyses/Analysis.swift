package import Foundation

/// Where an analysis stands. `finished`, `failed` and `cancelled` are terminal.
package enum AnalysisStatus: String, Sendable, Codable, CaseIterable {
    case queued, processing, finished, failed, cancelled

    /// What is still to be done.
    package static let open: [Self] = [.queued, .processing]
    /// What has ended.
    package static let ended: [Self] = [.finished, .failed, .cancelled]

    /// Whether nothing will change by itself any more.
    package var isTerminal: Bool { Self.ended.contains(self) }
}

/// Which topic a job goes through: a person waiting before a page is never behind somebody's bulk upload.
package enum AnalysisLane: String, Sendable, Codable {
    case interactive, bulk
}

/// One photo with its information, and what was found in it.
package struct Analysis: Sendable {
    package let id: UUID
    package let userID: UUID
    package let status: AnalysisStatus
    package let lane: AnalysisLane
    package let title: String
    package let subject: String
    package let notes: String
    package let fileName: String
    package let contentType: String
    package let photoBytes: Int
    package let submittedAt: Date
    /// When a worker first claimed the photo.
    package let startedAt: Date?
    package let finishedAt: Date?
    package let attempts: Int
    /// The oriented original's size in pixels; nil until finished.
    package let width: Int?
    package let height: Int?
    /// The previews' size in pixels; nil until finished.
    package let previewWidth: Int?
    package let previewHeight: Int?
    package let findings: Findings?
    package let model: ModelReference?
    /// Milliseconds by stage: wait, fetch, decode, detect, crop, classify, preview.
    package let timingsMs: [String: Double]
    package let errorCode: String?
    package let errorMessage: String?
    /// The photos it was sent together with.
    package var batchID: UUID?
    /// In lower case.
    package var tags: [String] = []
    /// The clock where the photo was taken, `2026-11-24T09:30`, in no time zone.
    package var takenAt: String?
    /// When its present try was put into the queue.
    package var queuedAt: Date?
    /// Which try this is; each "try again" begins a new one.
    package var generation = 1
    /// Whether the photo as it was sent stays once it is analysed.
    package var keepsPhoto = true
    /// Days after its end, after which it is deleted because its owner said so.
    package var deleteAfterDays: Int?
    /// The first analysis of the same photo.
    package var duplicateOf: UUID?
    /// What its owner said of its faces; none until finished.
    package var corrections: [Correction] = []
    /// When its owner put it into the bin; nil for what is not there.
    package var binnedAt: Date?

    /// The faces found, largest first; empty until finished.
    package var faces: [FaceResult] { findings?.corrected(by: corrections) ?? [] }
    /// Whether more faces were found than are listed.
    package var facesCut: Bool { findings?.facesCut ?? false }
    /// Whether the photo was taken whole as one face.
    package var faceCrop: Bool { findings?.faceCrop ?? false }
    /// By how many degrees clockwise the pictures show the oriented original turned; 0, 90, 180 or 270.
    package var rotation: Int { findings?.rotation ?? 0 }
    /// Whether the file ended before the photo did.
    package var incomplete: Bool { findings?.incomplete ?? false }
    /// Codes of failures whose cause is the file: it fails again.
    package static let failuresOfTheFile = [
        "damaged", "unsupported_format", "too_many_pixels", "too_small", "too_slender",
    ]
    /// Whether trying it again may help.
    package var canRetry: Bool {
        switch status {
        case .cancelled: true
        case .failed: !Self.failuresOfTheFile.contains(errorCode ?? "")
        case .queued, .processing, .finished: false
        }
    }
    /// What most faces show, by what people said; nil until finished.
    package var dominant: DominantEmotion? { status == .finished ? DominantEmotion(looks) : nil }
    /// When the photo was taken, by the clock where that was, as if it were in UTC; when it was sent, where nobody said.
    package var takenOrSubmittedAt: Date {
        takenAt.flatMap { try? Date("\($0):00Z", strategy: .iso8601) } ?? submittedAt
    }
    /// What the person said about it.
    package var information: AnalysisInformation {
        AnalysisInformation(title: title, subject: subject, notes: notes, tags: tags, takenAt: takenAt)
    }
}

/// What is kept of a result as JSON in `analyses.faces`.
package struct Findings: Codable, Sendable {
    package let faces: [FaceResult]
    package let facesCut: Bool
    package let faceCrop: Bool
    /// Missing in results of workers that did not turn photos, and did not read those that end early.
    package var rotation: Int?
    package var incomplete: Bool?
}

/// One face of a finished analysis.
package struct FaceResult: Codable, Sendable {
    /// From 1, the same number in picture, list and JSON.
    package let number: Int
    package var box: Box
    /// Left eye, right eye, nose, left and right mouth corner as seen in the picture; pixels of the oriented original.
    package var landmarks: [Point]
    /// The most probable class, in lower case.
    package let emotion: String
    /// Its calibrated probability, 0…1.
    package let confidence: Double
    /// Calibrated probability by class name; seven of them, which sum to 1.
    package let probabilities: [String: Double]
    /// Whether the confidence is below the model's threshold, or the face cannot be judged.
    package let notSure: Bool
    /// Quality notes: small, turned, covered, dark, blurred.
    package let notes: [String]
    /// Where the network saw what spoke for the emotion. Missing in results of workers that did not tell, of networks that
    /// cannot, and for the smallest of very many faces.
    package var activation: Activation?
    /// What a person said of it; kept apart from all this, and never over it.
    package var correction: Correction?

    enum CodingKeys: String, CodingKey {
        case number, box, landmarks, emotion, confidence, probabilities, notSure, notes, activation
    }

    package init(
        number: Int, box: Box, landmarks: [Point], emotion: String, confidence: Double,
        probabilities: [String: Double], notSure: Bool, notes: [String], activation: Activation? = nil
    ) {
        self.number = number
        self.box = box
        self.landmarks = landmarks
        self.emotion = emotion
        self.confidence = confidence
        self.probabilities = probabilities
        self.notSure = notSure
        self.notes = notes
        self.activation = activation
    }

    /// A rectangle in pixels of the oriented original.
    package struct Box: Codable, Sendable, Equatable {
        package let x: Double
        package let y: Double
        package let width: Double
        package let height: Double

        package init(x: Double, y: Double, width: Double, height: Double) {
            self.x = x
            self.y = y
            self.width = width
            self.height = height
        }
    }

    /// A place in pixels of the oriented original.
    package struct Point: Codable, Sendable {
        package let x: Double
        package let y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }
}

/// The model that made a result.
package struct ModelReference: Sendable, Codable, Hashable {
    package let name: String
    package let version: String

    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }
}
