import Blocking
import Foundation
import Inference

/// What the networks that look at crops of faces share: bytes [count, 1, 48, 48] as the input `image`.
enum CropNetwork {
    static let input = "image"

    /// The network for so many crops at once.
    static func compile(
        _ count: Int, _ file: URL, core: Core, options: CompileOptions, executor: BlockingExecutor
    ) throws(InferenceError) -> CompiledModel {
        let source = try ModelFile(file, core: core)
        try source.reshape(input, to: [count, 1, FaceCrop.side, FaceCrop.side])
        return try CompiledModel(source, core: core, options: options, executor: executor)
    }
}
