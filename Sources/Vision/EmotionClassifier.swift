import Blocking
import Contracts
import Foundation
import Imaging
import Inference

/// Tells how faces appear: 48 × 48 grey crops in, seven calibrated probabilities out.
final class EmotionClassifier: Sendable {
    static let output = "probabilities"
    private static let activation = "activation"
    /// Crops per run for photos with several faces; a CPU gains little beyond (1.24 ms an image alone, 1.16 by eight).
    static let batch = 8

    private let single: CompiledModel
    private let several: CompiledModel

    init(
        _ model: URL, core: Core, options: CompileOptions, executor: BlockingExecutor
    ) throws(InferenceError) {
        single = try CropNetwork.compile(1, model, core: core, options: options, executor: executor)
        several = try CropNetwork.compile(Self.batch, model, core: core, options: options, executor: executor)
    }

    /// What the network says of a crop.
    struct Answer: Sendable {
        /// Seven, in the order of `Emotion.allCases`.
        var probabilities: [Float]
        /// Of the most probable class, where they were asked for.
        var activation: ActivationMap?
    }

    /// Whether the network gives class activation maps beside its probabilities. They cost it nothing: the probabilities are
    /// made of them.
    var hasActivations: Bool { single.outputNames.contains(Self.activation) }

    /// Classifies crops.
    ///
    /// - Parameters:
    ///   - crops: any number.
    ///   - activations: whether to read the class activation maps as well; only where there are any.
    /// - Returns: an answer for each crop.
    nonisolated(nonsending) func answers(to crops: [FaceCrop], activations: Bool = false) async throws -> [Answer] {
        var results: [Answer] = []
        results.reserveCapacity(crops.count)
        var rest = crops[...]
        while !rest.isEmpty {
            // Up to three single runs are quicker than a padded batch.
            let count = rest.count > 3 ? Self.batch : 1
            let part = rest.prefix(count)
            results += try await run(part, padded: count, activations: activations)
            rest = rest.dropFirst(count)
        }
        return results
    }

    private nonisolated(nonsending) func run(
        _ crops: ArraySlice<FaceCrop>, padded count: Int, activations: Bool
    ) async throws -> [Answer] {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(count * FaceCrop.side * FaceCrop.side)
        for crop in crops { pixels += crop.pixels }
        pixels += [UInt8](repeating: 0, count: (count - crops.count) * FaceCrop.side * FaceCrop.side)
        let tensor = try Tensor(.bytes(pixels), shape: [count, 1, FaceCrop.side, FaceCrop.side])
        let used = crops.count
        let model = count == 1 ? single : several
        return try await model.infer([CropNetwork.input: tensor]) { outputs in
            var answers = try outputs.withFloats(Self.output) { values, shape in
                let classes = Emotion.allCases.count
                guard shape == [count, classes] else {
                    throw VisionError(
                        .badModel, "The model's probabilities have the shape \(shape), not [\(count), \(classes)].")
                }
                return try (0..<used).map {
                    Answer(probabilities: try Self.checked(Array(values[($0 * classes)..<(($0 + 1) * classes)])))
                }
            }
            guard activations else { return answers }
            try outputs.withFloats(Self.activation) { values, shape in
                for index in 0..<used {
                    answers[index].activation = try ActivationMap(
                        values, shape: shape, picture: index, of: answers[index].probabilities)
                }
            }
            return answers
        }
    }

    /// Probabilities must be probabilities: a model without its last layer would pass every check of shapes.
    private static func checked(_ values: [Float]) throws(VisionError) -> [Float] {
        let sum = values.reduce(0, +)
        guard values.allSatisfy({ $0.isFinite && $0 >= -0.001 && $0 <= 1.001 }), abs(sum - 1) < 0.02 else {
            throw VisionError(.badModel, "The model's outputs are no probabilities.", detail: "\(values)")
        }
        return values.map { max(0, $0) / sum }
    }
}
