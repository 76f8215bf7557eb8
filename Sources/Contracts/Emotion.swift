/// The seven classes of FER2013, in the order of `Face.probabilities`.
public enum Emotion: String, CaseIterable, Sendable, Codable {
    /// Anger.
    case angry
    /// Disgust.
    case disgust
    /// Fear.
    case fear
    /// Happiness.
    case happy
    /// Sadness.
    case sad
    /// Surprise.
    case surprise
    /// None of the others.
    case neutral

    /// As messages, documents and the database name them, in their order.
    public static let names = allCases.map(\.rawValue)

    /// The name to show, in English.
    public var label: String {
        switch self {
        case .angry: "Angry"
        case .disgust: "Disgust"
        case .fear: "Fear"
        case .happy: "Happy"
        case .sad: "Sad"
        case .surprise: "Surprise"
        case .neutral: "Neutral"
        }
    }
}

extension Mien_V1_Face {
    /// The most probable emotion; the first of equals. Nil only in a face that was not validated.
    public var emotion: Emotion? { top?.emotion }

    /// The probability of ``emotion``, 0…1.
    public var confidence: Float { min(top?.probability ?? 0, 1) }

    /// The probabilities by emotion, in the order of ``Emotion``.
    public var distribution: [(emotion: Emotion, probability: Float)] {
        zip(Emotion.allCases, probabilities).map { (emotion: $0, probability: $1) }
    }

    private var top: (emotion: Emotion, probability: Float)? {
        distribution.reduce(nil) { best, next in
            guard let best, best.probability >= next.probability else { return next }
            return best
        }
    }
}
