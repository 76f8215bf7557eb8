import Contracts
import FoundationEssentials

/// Emotions in words.
package enum EmotionWords {
    /// A class's name, as over a column: the same word as in a sentence.
    package static func label(_ emotion: String) -> String { adjective(emotion).capitalized }

    /// After "appears": a face's look is not a feeling, so pages never say "is".
    package static func adjective(_ emotion: String) -> String { Emotion(rawValue: emotion)?.adjective ?? emotion }
}
