/// The classes of FER2013 by the names that messages, documents and the database use.
public enum EmotionNames {
    /// The order of `Face.probabilities`.
    public static let order = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
}
