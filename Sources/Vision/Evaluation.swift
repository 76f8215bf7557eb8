public import Contracts

/// How well a classifier agrees with labelled faces.
public struct Evaluation: Sendable {
    /// Rows: labelled class; columns: most probable class; both in the order of `Emotion.allCases`.
    public private(set) var confusion: [[Int]]
    private var bins: [(count: Int, confidence: Double, correct: Int)]

    /// Bins of confidence of equal width for the calibration error, as is usual (Guo et al. 2017).
    public static let binCount = 15

    /// Makes an empty evaluation.
    public init() {
        let classes = Emotion.allCases.count
        confusion = Array(repeating: Array(repeating: 0, count: classes), count: classes)
        bins = Array(repeating: (0, 0, 0), count: Self.binCount)
    }

    /// Counts one face.
    ///
    /// - Parameter probabilities: seven, in the order of `Emotion.allCases`.
    public mutating func add(label: Emotion, probabilities: [Float]) {
        guard let best = probabilities.indices.max(by: { probabilities[$0] < probabilities[$1] }) else { return }
        confusion[label.index][best] += 1
        let confidence = Double(probabilities[best])
        let bin = max(0, min(Self.binCount - 1, Int(confidence * Double(Self.binCount))))
        bins[bin].count += 1
        bins[bin].confidence += confidence
        bins[bin].correct += best == label.index ? 1 : 0
    }

    /// Faces counted.
    public var count: Int { confusion.joined().reduce(0, +) }

    /// Share of faces whose most probable class is the labelled one, 0…1.
    public var accuracy: Double {
        count == 0 ? 0 : Double(confusion.indices.reduce(0) { $0 + confusion[$1][$1] }) / Double(count)
    }

    /// Share of each class's faces that are found, 0…1; nil for a class without faces.
    public var recall: [Double?] {
        confusion.indices.map { index in
            let all = confusion[index].reduce(0, +)
            return all == 0 ? nil : Double(confusion[index][index]) / Double(all)
        }
    }

    /// Mean of the classes' F1 scores, over the classes that occur among labels or answers.
    public var macroF1: Double {
        let scores = confusion.indices.compactMap { index -> Double? in
            let labelled = confusion[index].reduce(0, +)
            let answered = confusion.reduce(0) { $0 + $1[index] }
            guard labelled + answered > 0 else { return nil }
            return 2 * Double(confusion[index][index]) / Double(labelled + answered)
        }
        return scores.isEmpty ? 0 : scores.reduce(0, +) / Double(scores.count)
    }

    /// Expected calibration error, 0…1: mean distance of confidence and accuracy over the bins, weighted by their faces.
    public var expectedCalibrationError: Double {
        guard count > 0 else { return 0 }
        return bins.reduce(0) { $0 + abs($1.confidence - Double($1.correct)) } / Double(count)
    }
}
