import Analyses
import Contracts
import Reports

/// How many faces appear how, by what people said and else by the model; those of which nobody is sure are counted by
/// themselves.
struct LookCounts: Sendable {
    /// A look's name in addresses and classes, and how many faces have it.
    typealias Count = (look: String, count: Int)

    /// Those that are there, in the fixed order of the classes.
    let counts: [Count]

    static let unsure = FaceResult.unsure
    private static let order = Emotion.names + [unsure]

    /// - Parameter looks: those of all faces, as ``Analyses/Analysis/looks``.
    init(_ looks: [String]) {
        var counts: [String: Int] = [:]
        for look in looks { counts[look, default: 0] += 1 }
        self.init(counts)
    }

    /// - Parameter counts: how many faces have each look.
    init(_ counts: [String: Int]) {
        self.counts = Self.order.compactMap { look in counts[look].map { (look, $0) } }
    }

    /// All faces.
    var total: Int { counts.reduce(0) { $0 + $1.count } }

    subscript(look: String) -> Int { counts.first { $0.look == look }?.count ?? 0 }

    /// "happy", "afraid", "not sure"
    static func word(_ look: String) -> String { look == unsure ? "not sure" : EmotionWords.adjective(look) }

    /// "9 happy"
    static func words(_ count: Count) -> String { "\(Words.grouped(count.count)) \(word(count.look))" }
}
