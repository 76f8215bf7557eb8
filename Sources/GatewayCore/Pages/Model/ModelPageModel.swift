import Analyses
import Foundation
import Operations
import Reports

/// What the model is, how good it is, and what it cannot do; all from its card.
struct ModelPageModel: Sendable {
    struct Fact: Sendable {
        let term: String
        let text: String
    }
    struct ClassRow: Sendable {
        let emotion: String
        let label: String
        let recall: String
        /// For the bar: "88.5%"
        let length: String
        let precision: String
        let f1: String
        let faces: String
    }
    struct Cell: Sendable {
        let percent: String
        /// From 0 to 9, how dark it is.
        let shade: Int
        let isDiagonal: Bool
        let tip: String
    }
    struct MatrixRow: Sendable {
        let label: String
        let cells: [Cell]
    }
    struct Dot: Sendable {
        let x: String
        let y: String
        let radius: String
        let tip: String
    }
    struct Result: Sendable {
        let system: String
        let accuracy: String
        let source: String
        let isOurs: Bool
    }
    struct Other: Sendable {
        let name: String
        let address: String
    }

    let site: Site
    let name: String
    /// What it does and how well, in four sentences for everybody.
    let lead: [String]
    let facts: [Fact]
    let classes: [ClassRow]
    let columns: [String]
    let matrix: [MatrixRow]
    let dots: [Dot]
    let hasDots: Bool
    let calibrationText: String
    /// Where the figures of others are of the other test, what ours is not to be compared with.
    let publishedNote: String
    let published: [Result]
    let hasPublished: Bool
    let limits: [String]
    let licence: String
    let others: [Other]
    let hasOthers: Bool
    /// What people here said of its answers; nil where nobody said anything.
    let said: PeopleSaid?

    init(
        site: Site, entry: ModelCards.Entry, others: [ModelCards.Entry], said figures: [CorrectionFigures] = []
    ) {
        said = PeopleSaid(figures, classes: entry.card.classes)
        let card = entry.card
        let figures = card.figures
        self.site = site
        name = "\(card.name) \(card.version)"
        lead = Self.lead(card, figures)
        facts = Self.facts(card, figures)
        classes = card.classes.compactMap { name in figures.per_class[name].map { Self.row(name, $0) } }
        columns = card.classes.map(EmotionWords.label)
        matrix = zip(card.classes, figures.confusion_matrix).map { Self.matrixRow($0, $1, card.classes) }
        let curve = card.calibration.curve ?? []
        dots = curve.map(Self.dot)
        hasDots = !curve.isEmpty
        calibrationText = Self.calibrationText(curve)
        published = Self.results(card, figures)
        hasPublished = card.published?.isEmpty == false
        publishedNote =
            "As each source reports it. FER2013 has two tests of 3,589 faces each, which differ by a point or two: compare figures of the same test only. Ours is of the \(card.metrics.public_test == nil ? "validation split" : "public test")."
        limits = card.limits
        licence = card.licence
        self.others = others.map {
            Other(
                name: "\($0.card.name) \($0.card.version)",
                address:
                    "/model/\($0.card.name.addingPercentEncoding())/\($0.card.version.addingPercentEncoding())")
        }
        hasOthers = !others.isEmpty
    }

    /// Of a hundred faces, in words that need no explanation.
    private static func lead(_ card: PublishedCard, _ figures: PublishedCard.Figures) -> [String] {
        let right = Int((figures.accuracy * 100).rounded())
        var lead = ["Shown 100 faces whose look people have named, it names the same look for about \(right)."]
        // That was counted on these faces alone.
        if card.data.name.hasPrefix("FER2013") { lead[0] += " People agree with each other about as often." }
        if let sure = figures.sure, let accuracy = sure.accuracy {
            let (covered, kept) = (Int((sure.coverage * 100).rounded()), Int((accuracy * 100).rounded()))
            lead.append(
                "Of about \(covered) of the 100 it is sure, and then \(kept) of 100 answers are right. Of the others it says “not sure”."
            )
        }
        let ranked = figures.per_class.sorted { $0.value.recall > $1.value.recall }.map(\.key)
        if let best = ranked.first, let worst = ranked.last, best != worst {
            lead.append(
                "It is best at faces that look \(EmotionWords.adjective(best)), and worst at those that look \(EmotionWords.adjective(worst))."
            )
        }
        return lead + ["A look is not a feeling: it must not be used to judge people at work or in education."]
    }

    private static func facts(_ card: PublishedCard, _ figures: PublishedCard.Figures) -> [Fact] {
        var facts = [Fact(term: "Accuracy", text: percent(figures.accuracy) + interval(figures, "accuracy"))]
        facts.append(
            Fact(
                term: "Macro-F1",
                text: percent(figures.macro_f1) + interval(figures, "macro_f1") + ": each look counts the same"))
        if let sure = figures.sure, let accuracy = sure.accuracy {
            facts.append(
                Fact(
                    term: "When it is sure",
                    text:
                        "\(percent(accuracy)) right; it is sure of \(percent(sure.coverage)) of the faces. Below \(Words.percent(card.threshold.not_sure)) confidence it says that it is not."
                ))
        }
        if let ece = figures.ece {
            facts.append(Fact(term: "Calibration error", text: "\(percent(ece)) (expected calibration error)"))
        }
        let counts = ["train", "validation", "test"].compactMap { part in
            card.data.faces[part].flatMap { faces in
                faces == 0 ? nil : "\(Words.grouped(faces)) \(part == "train" ? "to learn from" : part)"
            }
        }
        facts.append(Fact(term: "Trained on", text: "\(card.data.name): \(counts.joined(separator: ", ")) faces"))
        if let before = card.data.before {
            facts.append(Fact(term: "Begun with", text: "a model trained on \(before)"))
        }
        facts.append(Fact(term: "Split", text: card.data.split))
        if let labels = card.data.extra_labels { facts.append(Fact(term: "More labels", text: labels)) }
        if let parameters = card.parameters {
            let work = card.mmac.map { ", \(Words.decimal($0)) million multiplications for a face" } ?? ""
            facts.append(Fact(term: "Size", text: "\(Words.grouped(parameters)) parameters\(work)"))
        }
        let day = (try? Date(card.created, strategy: .iso8601)).map { Moment($0, zone: .gmt).day }
        facts.append(Fact(term: "Made", text: day ?? card.created))
        return facts
    }

    private static func interval(_ figures: PublishedCard.Figures, _ name: String) -> String {
        guard let bounds = figures.interval_95?[name], bounds.count == 2 else { return "" }
        return " (95 % interval: \(percent(bounds[0])) to \(percent(bounds[1])))"
    }

    private static func row(_ name: String, _ figures: PublishedCard.Figures.PerClass) -> ClassRow {
        ClassRow(
            emotion: name, label: EmotionWords.label(name), recall: percent(figures.recall),
            length: BarChart.percent(min(1, max(0, figures.recall)) * 100), precision: percent(figures.precision),
            f1: percent(figures.f1), faces: Words.grouped(figures.support))
    }

    private static func matrixRow(_ name: String, _ counts: [Int], _ classes: [String]) -> MatrixRow {
        let total = Double(max(1, counts.reduce(0, +)))
        return MatrixRow(
            label: EmotionWords.label(name),
            cells: zip(classes, counts).map { other, count in
                let share = Double(count) / total
                return Cell(
                    percent: "\(Int((share * 100).rounded()))", shade: min(9, Int(share * 10)),
                    isDiagonal: name == other,
                    tip:
                        "\(Words.grouped(count)) faces labelled \(EmotionWords.adjective(name)) were taken for \(EmotionWords.adjective(other))"
                )
            })
    }

    private static func dot(_ point: PublishedCard.Point) -> Dot {
        Dot(
            x: BarChart.percent(point.confidence * 100), y: BarChart.percent(100 - point.accuracy * 100),
            radius: "\((3 + 8 * point.share.squareRoot()).rounded())",
            tip:
                "Of the answers with about \(Words.percent(point.confidence)) confidence, \(Words.percent(point.accuracy)) were right"
        )
    }

    private static func calibrationText(_ curve: [PublishedCard.Point]) -> String {
        curve.map { "\(Words.percent($0.confidence)) confidence: \(Words.percent($0.accuracy)) right" }
            .joined(separator: "; ") + "."
    }

    /// Ours among the others, best first, each by the test that ours was run on where the source reports it.
    private static func results(_ card: PublishedCard, _ figures: PublishedCard.Figures) -> [Result] {
        let isOursPublic = card.metrics.public_test != nil
        var rows = (card.published ?? []).compactMap { row -> (Double, Result)? in
            let isPublic = row.public != nil && (isOursPublic || row.private == nil)
            guard let accuracy = isPublic ? row.public : row.private else { return nil }
            let text = "\(decimalPercent(accuracy)) (\(isPublic ? "public" : "private") test)"
            return (accuracy, Result(system: row.system, accuracy: text, source: row.source, isOurs: false))
        }
        let ours = figures.accuracy * 100
        let setName = card.metrics.public_test == nil ? "validation split" : "public test"
        rows.append(
            (
                ours,
                Result(
                    system: "\(card.name) \(card.version)", accuracy: "\(decimalPercent(ours)) (\(setName))",
                    source: "this card", isOurs: true)
            ))
        return rows.sorted { $0.0 > $1.0 }.map(\.1)
    }

    private static func percent(_ fraction: Double) -> String { decimalPercent(fraction * 100) }

    private static func decimalPercent(_ value: Double) -> String { "\(Words.decimal(value))\u{A0}%" }
}
