public import Contracts

/// A face as it is written beside its box.
public struct LabelledFace: Sendable {
    /// From 1.
    public var number: Int
    /// Pixels of the oriented original.
    public var box: FaceBox
    /// How it appears.
    public var look: Look

    /// How a face appears, and who says so.
    public enum Look: Sendable, Hashable {
        /// The model: the most probable class, its probability (0…1), and whether it should not be relied on.
        case answered(Emotion, confidence: Float, notSure: Bool)
        /// A person, who counts for more; nil where the look cannot be told.
        case said(Emotion?)
    }

    /// Makes one.
    public init(number: Int, box: FaceBox, look: Look) {
        self.number = number
        self.box = box
        self.look = look
    }

    /// What an analysis found.
    public init(_ face: DetectedFace) {
        self.init(
            number: face.number, box: face.box,
            look: .answered(face.emotion, confidence: face.confidence, notSure: face.notSure))
    }

    /// Such as "1 happy 87 %", with a question mark where the model is not sure; "1 sad, by hand" of what a person said.
    var label: String {
        switch look {
        case .answered(let emotion, let confidence, let notSure):
            let percent = Int((confidence * 100).rounded())
            return "\(number) \(emotion.adjective)\(notSure ? "?" : "") \(percent)\u{00A0}%"
        case .said(let emotion): return "\(number) \(emotion?.adjective ?? "cannot be told"), by hand"
        }
    }

    /// The class that it is drawn in the colour of.
    var emotion: Emotion {
        switch look {
        case .answered(let emotion, _, _): emotion
        case .said(let emotion): emotion ?? .neutral
        }
    }

    /// Whether a person says so.
    var isSaid: Bool {
        if case .said = look { true } else { false }
    }

    /// The class that it counts for; nil where nobody is sure.
    var counted: Emotion? {
        switch look {
        case .answered(let emotion, _, let notSure): notSure ? nil : emotion
        case .said(let emotion): emotion
        }
    }
}
