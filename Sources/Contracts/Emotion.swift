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

    /// Its place in a list of probabilities.
    public var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// After "appears": a face's look is not a feeling, so nobody is told that it "is".
    public var adjective: String {
        switch self {
        case .disgust: "disgusted"
        case .fear: "afraid"
        case .surprise: "surprised"
        default: rawValue
        }
    }

    /// The fixed colour, 0xRRGGBB, from Okabe and Ito's palette; never shown without the word.
    public var colour: UInt32 {
        switch self {
        case .angry: 0xD55E00
        case .disgust: 0x009E73
        case .fear: 0xCC79A7
        case .happy: 0xE69F00
        case .sad: 0x0072B2
        case .surprise: 0x56B4E9
        case .neutral: 0x8A8F98
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
