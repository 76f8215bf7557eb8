import Blocking
import Foundation
import Imaging
import Inference

/// Tells how faces appear: 48 × 48 grey crops in, seven calibrated probabilities out.
final class EmotionClassifier: Sendable {
    private static let input = "image"
    private static let output = "probabilities"
    /// Crops per run for photos with several faces; a CPU gains little beyond (1.24 ms an image alone, 1.16 by eight).
    private static let batch = 8

    private let single: CompiledModel
    private let several: CompiledModel

    init(
        directory: URL, core: Core, options: CompileOptions, executor: BlockingExecutor
    ) throws(InferenceError) {
        func compile(_ count: Int) throws(InferenceError) -> CompiledModel {
            let source = try ModelFile(directory.appending(path: "model.xml"), core: core)
            try source.reshape(Self.input, to: [count, 1, FaceCrop.side, FaceCrop.side])
            return try CompiledModel(source, core: core, options: options, executor: executor)
        }
        single = try compile(1)
        several = try compile(Self.batch)
    }

    /// Classifies crops.
    ///
    /// - Returns: seven probabilities for each crop, in the order of `Emotion.allCases`.
    func probabilities(of crops: [FaceCrop]) async throws -> [[Float]] {
        var results: [[Float]] = []
        results.reserveCapacity(crops.count)
        var rest = crops[...]
        while !rest.isEmpty {
            // Up to three single runs are quicker than a padded batch.
            let count = rest.count > 3 ? Self.batch : 1
            let part = rest.prefix(count)
            results += try await run(part, padded: count)
            rest = rest.dropFirst(count)
        }
        return results
    }

    private func run(_ crops: ArraySlice<FaceCrop>, padded count: Int) async throws -> [[Float]] {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(count * FaceCrop.side * FaceCrop.side)
        for crop in crops { pixels += crop.pixels }
        pixels += [UInt8](repeating: 0, count: (count - crops.count) * FaceCrop.side * FaceCrop.side)
        let tensor = try Tensor(.bytes(pixels), shape: [count, 1, FaceCrop.side, FaceCrop.side])
        let used = crops.count
        let model = count == 1 ? single : several
        return try await model.infer([Self.input: tensor]) { outputs in
            try outputs.withFloats(Self.output) { values, shape in
                let classes = Emotion.allCases.count
                guard shape == [count, classes] else {
                    throw VisionError(
                        .badModel, "The model's probabilities have the shape \(shape), not [\(count), \(classes)].")
                }
                return try (0..<used).map { try Self.checked(Array(values[($0 * classes)..<(($0 + 1) * classes)])) }
            }
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
