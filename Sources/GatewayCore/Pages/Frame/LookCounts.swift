import Analyses
import Contracts
import Reports

/// How many faces appear how; those that the model is not sure of are counted by themselves.
struct LookCounts: Sendable {
    /// A look's name in addresses and classes, and how many faces have it.
    typealias Count = (look: String, count: Int)

    /// Those that are there, in the fixed order of the classes.
    let counts: [Count]

    static let unsure = "unsure"
    private static let order = Emotion.names + [unsure]

    init(_ faces: [FaceResult]) {
        var counts: [String: Int] = [:]
        for face in faces { counts[Self.look(of: face), default: 0] += 1 }
        self.counts = Self.order.compactMap { look in counts[look].map { (look, $0) } }
    }

    subscript(look: String) -> Int { counts.first { $0.look == look }?.count ?? 0 }

    static func look(of face: FaceResult) -> String { face.notSure ? unsure : face.emotion }

    /// "happy", "afraid", "not sure"
    static func word(_ look: String) -> String { look == unsure ? "not sure" : EmotionWords.adjective(look) }

    /// "9 happy"
    static func words(_ count: Count) -> String { "\(Words.grouped(count.count)) \(word(count.look))" }
}
