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
    /// Of a face that the model missed: which of those it is, from 1. It keeps it when others go, so that whoever says the same
    /// twice says it of the same face. Nil in what is kept from before.
    package internal(set) var mark: Int?

    package init(
        box: FaceResult.Box, look: SaidLook, mayTrain: Bool, at: Date = Date(), face: Int? = nil, mark: Int? = nil
    ) {
        self.box = box
        self.look = look
        self.mayTrain = mayTrain
        self.at = at
        self.face = face
        self.mark = mark
    }

    /// Whether it marks a face that the model missed.
    private var isMissed: Bool { face == nil && look != .notAFace }

    /// The same, each of a face that the model missed with its mark, and no other with one.
    static func marked(_ all: [Correction]) -> [Correction] {
        var last = all.compactMap { $0.isMissed ? $0.mark : nil }.max() ?? 0
        return all.map { correction in
            var correction = correction
            if !correction.isMissed {
                correction.mark = nil
            } else if correction.mark == nil {
                last += 1
                correction.mark = last
            }
            return correction
        }
    }

    /// As `analyses.corrections` keeps them.
    static func json(_ all: [Correction]) throws -> String {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        let kept = all.map {
            Correction(box: $0.box, look: $0.look, mayTrain: $0.mayTrain, at: $0.at, mark: $0.mark)
        }
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
    /// After the numbers of those that the model found; it stays the same when others are taken back.
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

    /// The faces that the model missed, in the order of their numbers.
    func missed(of corrections: [Correction]) -> [MissedFace] {
        Correction.marked(corrections).compactMap { correction in
            correction.mark.map { MissedFace(number: faces.count + $0, box: correction.box, correction: correction) }
        }.sorted { $0.number < $1.number }
    }
}

extension Analysis {
    /// The faces that the model missed, in the order of their numbers.
    package var missed: [MissedFace] { findings?.missed(of: corrections) ?? [] }

    /// What each face appears as, of those that are faces: what people said, and else what the model answered. A class or
    /// `unsure`; in the order of the faces' numbers. The database computes the same in `face_looks`.
    package var looks: [String] {
        guard findings != nil else { return [] }
        return faces.compactMap(\.look) + corrections.compactMap { $0.face == nil ? $0.look.look : nil }
    }
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
