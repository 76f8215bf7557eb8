import Blocking
import Foundation
import Inference

/// Tells which parts of a face are covered: 48 × 48 grey crops in, a probability each for mouth and eyes out.
final class OcclusionDetector: Sendable {
    static let output = "covered"

    private let model: CompiledModel
    private let card: ModelCard.Occlusion

    /// Whether something is covered of a face, and what that costs.
    struct Occlusion: Sendable {
        let isCovered: Bool
        /// The classifier's answer is sure from this confidence on, as far as what is covered goes.
        let sureFrom: Float

        /// A face whose parts are all seen.
        static let none = Occlusion(isCovered: false, sureFrom: 0)
    }

    init(
        _ file: URL, card: ModelCard.Occlusion, core: Core, options: CompileOptions, executor: BlockingExecutor
    ) throws(InferenceError) {
        model = try CropNetwork.compile(1, file, core: core, options: options, executor: executor)
        self.card = card
    }

    nonisolated(nonsending) func occlusion(of crop: FaceCrop) async throws -> Occlusion {
        let tensor = try Tensor(.bytes(crop.pixels), shape: [1, 1, FaceCrop.side, FaceCrop.side])
        let (mouth, eyes) = try await model.infer([CropNetwork.input: tensor]) { outputs in
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
            isCovered: mouth || eyes, sureFrom: max(mouth ? card.sureFrom.mouth : 0, eyes ? card.sureFrom.eyes : 0))
    }
}
