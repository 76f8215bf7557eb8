package import Foundation

/// How a person says that a face appears: a class, or one of two words that the model has not.
package enum SaidLook: String, Sendable, Codable, CaseIterable {
    case angry, disgust, fear, happy, sad, surprise, neutral
    case cannotTell = "cannot_tell"
    case notAFace = "not_a_face"

    /// The class; nil for the other two.
    package var emotion: String? {
        switch self {
        case .cannotTell, .notAFace: nil
        default: rawValue
        }
    }

    /// What counts: a class, or `unsure`; nil for what is no face.
    package var look: String? { self == .notAFace ? nil : emotion ?? FaceResult.unsure }
}

/// What a person said of a face, kept beside what the model answered.
package struct Correction: Codable, Sendable {
    /// Which face is meant; pixels of the oriented original. It stays the same whatever a later model finds.
    package let box: FaceResult.Box
    package var look: SaidLook
    /// Whether the face may be used to improve the model.
    package var mayTrain: Bool
    package var at: Date
    /// The number of the face that it is about now; nil for one that the model missed. The database finds it by the boxes.
    package internal(set) var face: Int?

    package init(box: FaceResult.Box, look: SaidLook, mayTrain: Bool, at: Date = Date(), face: Int? = nil) {
        self.box = box
        self.look = look
        self.mayTrain = mayTrain
        self.at = at
        self.face = face
    }

    /// As `analyses.corrections` keeps them.
    static func json(_ all: [Correction]) throws -> String {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        let kept = all.map { Correction(box: $0.box, look: $0.look, mayTrain: $0.mayTrain, at: $0.at) }
        return String(decoding: try encoder.encode(kept), as: UTF8.self)
    }

    static func all(in json: String?) throws -> [Correction] {
        guard let json else { return [] }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode([Correction].self, from: Data(json.utf8))
    }
}

/// A face that the model missed and a person marked.
package struct MissedFace: Sendable {
    /// After the numbers of those that the model found.
    package let number: Int
    package var box: FaceResult.Box
    package let correction: Correction
}

extension Findings {
    /// The faces, each with what was said of it.
    func corrected(by corrections: [Correction]) -> [FaceResult] {
        guard !corrections.isEmpty else { return faces }
        return faces.map { face in
            var face = face
            face.correction = corrections.last { $0.face == face.number }
            return face
        }
    }

    /// The faces that the model missed, in the order in which they were marked.
    func missed(of corrections: [Correction]) -> [MissedFace] {
        let marked = corrections.filter { $0.face == nil && $0.look != .notAFace }
        return marked.enumerated().map {
            MissedFace(number: faces.count + 1 + $0.offset, box: $0.element.box, correction: $0.element)
        }
    }
}

extension Analysis {
    /// The faces that the model missed, in the order in which they were marked.
    package var missed: [MissedFace] { findings?.missed(of: corrections) ?? [] }

    /// What each face appears as, of those that are faces: what people said, and else what the model answered. A class or
    /// `unsure`; in the order of the faces' numbers. The database computes the same in `face_looks`.
    package var looks: [String] { faces.compactMap(\.look) + missed.compactMap(\.correction.look.look) }
}

extension FaceResult {
    /// Stands for a class where there is none to tell.
    package static let unsure = "unsure"

    /// What it appears as: what a person said, and else what the model answered; a class or `unsure`. Nil for no face.
    package var look: String? {
        if let correction { return correction.look.look }
        return notSure ? Self.unsure : emotion
    }
}
