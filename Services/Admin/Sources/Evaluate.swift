import ArgumentParser
import Contracts
import Foundation
import Vision

/// `mien evaluate`: how often the product's own classifier agrees with the labels of a FER2013 file.
struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the classifier on a FER2013 CSV file (emotion,pixels,Usage).",
        discussion: "A file ending in .xz or .gz is unpacked by the programs xz or gzip.")

    @Argument(help: "The file: .csv, .csv.xz or .csv.gz.")
    var file: String

    @Option(help: "Only rows of this usage, such as PublicTest.")
    var usage: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var models: ModelOptions

    func run() async throws {
        do {
            let pipeline = try await models.pipeline()
            var evaluation = Evaluation()
            try await FERDataset(URL(filePath: file)).forEachGroup(usage: usage) { samples in
                let answers = try await pipeline.classify(crops: samples.map(\.pixels))
                for (sample, probabilities) in zip(samples, answers) {
                    evaluation.add(label: sample.label, probabilities: probabilities)
                }
            }
            guard evaluation.count > 0 else {
                complain("mien evaluate: \(file) holds no rows\(usage.map { " of usage \($0)" } ?? "").")
                throw ExitCode(1)
            }
            try json ? printJSON(evaluation, pipeline) : printTable(evaluation, pipeline)
        } catch let error as ExitCode {
            throw error
        } catch {
            complain("mien evaluate: \(Classify.explain(error))")
            throw ExitCode(1)
        }
    }

    private func printTable(_ evaluation: Evaluation, _ pipeline: Pipeline) {
        print("model     \(pipeline.model.name) \(pipeline.model.version) (\(pipeline.precision.rawValue))")
        print("faces     \(evaluation.count)")
        print(String(format: "accuracy  %.2f %%", evaluation.accuracy * 100))
        print(String(format: "macro F1  %.4f", evaluation.macroF1))
        print(String(format: "ECE       %.2f %%", evaluation.expectedCalibrationError * 100))
        let heading = Emotion.allCases.map { Self.column($0.rawValue) }.joined() + Self.column("recall")
        print("\nlabelled \\ answered" + heading)
        for (emotion, (row, recall)) in zip(Emotion.allCases, zip(evaluation.confusion, evaluation.recall)) {
            let name = emotion.rawValue.padding(toLength: 19, withPad: " ", startingAt: 0)
            let share = recall.map { String(format: "%.1f %%", $0 * 100) } ?? "–"
            print(name + row.map { Self.column(String($0)) }.joined() + Self.column(share))
        }
    }

    private static func column(_ text: String) -> String {
        String(repeating: " ", count: max(1, 10 - text.count)) + text
    }

    private struct Report: Encodable {
        struct Model: Encodable { let name, version: String }
        let model: Model
        let precision: String
        let file: String
        let usage: String?
        let count: Int
        let accuracy: Double
        let macroF1: Double
        let ece: Double
        let classes: [String]
        let confusion: [[Int]]
        let recall: [Double?]

        enum CodingKeys: String, CodingKey {
            case model, precision, file, usage, count, accuracy, ece, classes, confusion, recall
            case macroF1 = "macro_f1"
        }
    }

    private func printJSON(_ evaluation: Evaluation, _ pipeline: Pipeline) throws {
        let report = Report(
            model: .init(name: pipeline.model.name, version: pipeline.model.version),
            precision: pipeline.precision.rawValue, file: URL(filePath: file).lastPathComponent, usage: usage,
            count: evaluation.count, accuracy: evaluation.accuracy, macroF1: evaluation.macroF1,
            ece: evaluation.expectedCalibrationError, classes: Emotion.allCases.map(\.rawValue),
            confusion: evaluation.confusion, recall: evaluation.recall)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
}
