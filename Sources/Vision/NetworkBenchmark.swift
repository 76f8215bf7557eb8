import Blocking
import Foundation
import Inference

/// Times the pipeline's networks alone, as the pipeline compiles and calls them, for a comparison with the runtime's
/// own loop.
public actor NetworkBenchmark {
    /// One of the pipeline's compiled networks.
    public struct Network: Sendable, Hashable {
        /// Such as `proposer`.
        public let name: String
        /// The input's shape.
        public let shape: [Int]
        /// The arithmetic that was settled on.
        public let precision: Pipeline.PrecisionChoice
    }

    private struct Entry: Sendable {
        let network: Network
        let input: String
        let output: String
        let model: CompiledModel
    }

    private nonisolated let executor: BlockingExecutor
    private nonisolated let entries: [Entry]

    /// The thread that the networks run on.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Compiles the networks of a pipeline.
    ///
    /// - Throws: `VisionError` with code `bad_model`.
    public static func make(_ configuration: Pipeline.Configuration) throws(VisionError) -> NetworkBenchmark {
        let executor = BlockingExecutor(label: "mien.benchmark")
        let card = try ModelCard.load(from: configuration.modelDirectory)
        let model = try card.network(for: configuration.precision, in: configuration.modelDirectory)
        do throws(InferenceError) {
            let core = try Core()
            let arithmetic = try Arithmetic(configuration, core: core)
            return NetworkBenchmark(
                try compile(
                    configuration, classifier: model,
                    occlusion: card.occlusionNetwork(in: configuration.modelDirectory), arithmetic, core: core,
                    executor: executor), executor: executor)
        } catch {
            throw VisionError(.badModel, error.description, detail: error.detail)
        }
    }

    private init(_ entries: [Entry], executor: BlockingExecutor) {
        self.entries = entries
        self.executor = executor
    }

    private static func compile(
        _ configuration: Pipeline.Configuration, classifier: URL, occlusion: URL?, _ arithmetic: Arithmetic,
        core: Core, executor: BlockingExecutor
    ) throws(InferenceError) -> [Entry] {
        let (options, precision) = (arithmetic.detectors, arithmetic.settledForDetectors)
        let proposer = Entry(
            network: Network(
                name: "proposer", shape: [1, FaceProposer.side, FaceProposer.side, 3], precision: precision),
            input: YuNet.input, output: YuNet.outputs(stride: 8).face,
            model: try FaceProposer.compile(
                FaceProposer.side, configuration.proposer, core: core, options: options, executor: executor))
        let detector = Entry(
            network: Network(name: "detector", shape: [1, JudgePlan.side, JudgePlan.side, 3], precision: precision),
            input: CenterFace.input, output: CenterFace.outputs.score,
            model: try FaceJudge.compile(
                configuration.detector, core: core, options: options, executor: executor))
        var entries = [proposer, detector]
        func crops(
            _ name: String, _ count: Int, _ file: URL, output: String, _ options: CompileOptions,
            _ precision: Pipeline.PrecisionChoice
        ) throws(InferenceError) -> Entry {
            Entry(
                network: Network(
                    name: name, shape: [count, 1, FaceCrop.side, FaceCrop.side], precision: precision),
                input: CropNetwork.input, output: output,
                model: try CropNetwork.compile(count, file, core: core, options: options, executor: executor))
        }
        for count in [1, EmotionClassifier.batch] {
            entries.append(
                try crops(
                    "classifier-\(count)", count, classifier, output: EmotionClassifier.output, arithmetic.classifier,
                    arithmetic.settled))
        }
        if let occlusion {
            entries.append(try crops("occlusion", 1, occlusion, output: OcclusionDetector.output, options, precision))
        }
        return entries
    }

    /// The networks, in the order in which a photo meets them.
    public nonisolated var networks: [Network] { entries.map(\.network) }

    /// Runs a network again and again on one picture of noise and reads an output each time.
    ///
    /// - Parameters:
    ///   - network: one of `networks`.
    ///   - duration: how long; a few runs before it are not counted.
    /// - Returns: the time of each run.
    public func run(_ network: Network, for duration: Duration) async throws -> [Duration] {
        guard let entry = entries.first(where: { $0.network == network }) else { return [] }
        let bytes = (0..<network.shape.reduce(1, *)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }
        let tensor = try Tensor(.bytes(bytes), shape: network.shape)
        let output = entry.output
        var times: [Duration] = []
        for _ in 0..<5 { _ = try await entry.model.infer([entry.input: tensor]) { _ in 0 } }
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            let start = ContinuousClock.now
            let first = try await entry.model.infer([entry.input: tensor]) { outputs in
                try outputs.withFloats(output) { values, _ in values[0] }
            }
            times.append(.now - start)
            guard first.isFinite else { throw VisionError(.badModel, "The network \(network.name) answers no number.") }
        }
        return times
    }
}
