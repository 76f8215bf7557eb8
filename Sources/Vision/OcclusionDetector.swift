import Blocking
import Foundation
import Inference

/// Tells which parts of a face are covered: 48 × 48 grey crops in, a probability each for mouth and eyes out.
final class OcclusionDetector: Sendable {
    static let input = "image"
    static let output = "covered"

    private let model: CompiledModel
    private let card: ModelCard.Occlusion

    /// What is covered of a face.
    struct Occlusion: Sendable {
        let mouth: Bool
        let eyes: Bool
        /// The classifier's answer is sure from this confidence on, as far as what is covered goes; 0 where nothing is.
        let sureFrom: Float

        /// A face whose parts are all seen.
        static let none = Occlusion(mouth: false, eyes: false, sureFrom: 0)
        var isCovered: Bool { mouth || eyes }
    }

    init(
        _ file: URL, card: ModelCard.Occlusion, core: Core, options: CompileOptions, executor: BlockingExecutor
    ) throws(InferenceError) {
        model = try Self.compile(file, core: core, options: options, executor: executor)
        self.card = card
    }

    /// The network for one crop.
    static func compile(
        _ file: URL, core: Core, options: CompileOptions, executor: BlockingExecutor
    ) throws(InferenceError) -> CompiledModel {
        let source = try ModelFile(file, core: core)
        try source.reshape(input, to: [1, 1, FaceCrop.side, FaceCrop.side])
        return try CompiledModel(source, core: core, options: options, executor: executor)
    }

    nonisolated(nonsending) func occlusion(of crop: FaceCrop) async throws -> Occlusion {
        let tensor = try Tensor(.bytes(crop.pixels), shape: [1, 1, FaceCrop.side, FaceCrop.side])
        let (mouth, eyes) = try await model.infer([Self.input: tensor]) { outputs in
            try outputs.withFloats(Self.output) { values, shape in
                guard shape == [1, 2], values.allSatisfy({ (-0.001...1.001).contains($0) }) else {
                    throw VisionError(
                        .badModel, "The network for covered faces does not answer with two probabilities.",
                        detail: "\(shape): \(Array(values))")
                }
                return (values[0] > card.threshold.mouth, values[1] > card.threshold.eyes)
            }
        }
        return Occlusion(
            mouth: mouth, eyes: eyes,
            sureFrom: max(mouth ? card.sureFrom.mouth : 0, eyes ? card.sureFrom.eyes : 0))
    }
}
