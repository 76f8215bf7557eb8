import Analyses
import Reports

/// How often people said something else than the model answered.
struct PeopleSaid: Sendable {
    struct Row: Sendable {
        /// "Happy"
        let answer: String
        /// Of how many faces people said something.
        let faces: String
        /// "78 %"
        let disagreed: String
        let other: String
        let cannotTell: String
        let notAFace: String
    }

    /// "Of 40 faces that people looked at, …"
    let lead: String
    let rows: [Row]
    let hasRows: Bool
    /// "They marked 3 faces that it missed."
    let missed: String?

    /// - Parameter classes: in the order in which they are shown.
    init?(_ figures: [CorrectionFigures], classes: [String]) {
        guard !figures.isEmpty else { return nil }
        let answered = classes.compactMap { name in figures.first { $0.answer == name } }
        rows = answered.map {
            Row(
                answer: EmotionWords.label($0.answer ?? ""), faces: Words.grouped($0.faces),
                disagreed: Words.percent(Double($0.other + $0.notAFace) / Double(max(1, $0.faces))),
                other: Words.grouped($0.other), cannotTell: Words.grouped($0.cannotTell),
                notAFace: Words.grouped($0.notAFace))
        }
        hasRows = !rows.isEmpty
        let total = answered.reduce(0) { $0 + $1.faces }
        let disagreed = answered.reduce(0) { $0 + $1.other + $1.notAFace }
        lead =
            total == 0
            ? "Nobody has said anything of its answers yet."
            : "Of \(Words.count(total, "face")) that people here said something of, they disagreed about "
                + "\(Words.grouped(disagreed)) (\(Words.percent(Double(disagreed) / Double(total)))). "
                + "People rather correct what is wrong than confirm what is right, so this is no measure of how often it errs."
        let marked = figures.first { $0.answer == nil }?.faces ?? 0
        missed = marked == 0 ? nil : "They marked \(Words.count(marked, "face")) that it missed."
    }
}
