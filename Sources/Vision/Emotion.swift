/// The seven classes of FER2013, in the order in which probabilities are listed everywhere.
public enum Emotion: String, Sendable, CaseIterable, Codable {
    /// Angry.
    case angry
    /// Disgusted.
    case disgust
    /// Afraid.
    case fear
    /// Happy.
    case happy
    /// Sad.
    case sad
    /// Surprised.
    case surprise
    /// Neutral.
    case neutral

    /// Its place in a list of probabilities.
    public var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// After "appears": a look is not a feeling.
    public var adjective: String {
        switch self {
        case .disgust: "disgusted"
        case .fear: "afraid"
        case .surprise: "surprised"
        default: rawValue
        }
    }

    /// The fixed colour, 0xRRGGBB, from the Okabe-Ito palette; never shown without the word.
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
