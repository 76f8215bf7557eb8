public import Foundation

/// Where an analysis stands. `finished`, `failed` and `cancelled` are terminal.
public enum AnalysisStatus: String, Sendable, Codable, CaseIterable {
    case queued, processing, finished, failed, cancelled

    /// Whether nothing will change any more.
    public var isTerminal: Bool { self == .finished || self == .failed || self == .cancelled }
}

/// Which topic a job goes through: a person waiting before a page is never behind somebody's bulk upload.
public enum AnalysisLane: String, Sendable, Codable {
    case interactive, bulk
}

/// One photo with its information, and what was found in it.
public struct Analysis: Sendable {
    public let id: UUID
    public let userID: UUID
    public let status: AnalysisStatus
    public let lane: AnalysisLane
    public let title: String
    public let subject: String
    public let notes: String
    public let fileName: String
    public let contentType: String
    public let photoBytes: Int
    public let submittedAt: Date
    /// When a worker first claimed the photo.
    public let startedAt: Date?
    public let finishedAt: Date?
    public let attempts: Int
    /// The oriented original's size in pixels; nil until finished.
    public let width: Int?
    public let height: Int?
    /// The previews' size in pixels; nil until finished.
    public let previewWidth: Int?
    public let previewHeight: Int?
    public let findings: Findings?
    public let model: ModelReference?
    /// Milliseconds by stage: wait, fetch, decode, detect, crop, classify, preview.
    public let timingsMs: [String: Double]
    public let errorCode: String?
    public let errorMessage: String?

    /// The faces found, largest first; empty until finished.
    public var faces: [FaceResult] { findings?.faces ?? [] }
    /// Whether more faces were found than are listed.
    public var facesCut: Bool { findings?.facesCut ?? false }
    /// Whether the photo was taken whole as one face.
    public var faceCrop: Bool { findings?.faceCrop ?? false }
}

/// What is kept of a result as JSON in `analyses.faces`.
public struct Findings: Codable, Sendable {
    public let faces: [FaceResult]
    public let facesCut: Bool
    public let faceCrop: Bool
}

/// One face of a finished analysis.
public struct FaceResult: Codable, Sendable {
    /// From 1, the same number in picture, list and JSON.
    public let number: Int
    public let box: Box
    /// Left eye, right eye, nose, left and right mouth corner as seen in the picture; pixels of the oriented original.
    public let landmarks: [Point]
    /// The most probable class, in lower case.
    public let emotion: String
    /// Its calibrated probability, 0…1.
    public let confidence: Double
    /// Calibrated probability by class name; seven of them, which sum to 1.
    public let probabilities: [String: Double]
    /// Whether the confidence is below the model's threshold.
    public let notSure: Bool
    /// Quality notes: small, turned, dark, blurred.
    public let notes: [String]

    /// A rectangle in pixels of the oriented original.
    public struct Box: Codable, Sendable {
        public let x: Double
        public let y: Double
        public let width: Double
        public let height: Double
    }

    /// A place in pixels of the oriented original.
    public struct Point: Codable, Sendable {
        public let x: Double
        public let y: Double
    }
}

/// The model that made a result.
public struct ModelReference: Sendable, Codable {
    public let name: String
    public let version: String
}
