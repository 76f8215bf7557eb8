public import Blocking
import COpenVINO

/// A network ready to run, with one request and one thread of its own.
public actor CompiledModel {
    /// The thread on which this model runs; inference blocks it and nothing else.
    nonisolated let executor: BlockingExecutor
    private let handles: ModelHandles
    /// The outputs' names.
    public nonisolated let outputNames: [String]

    /// The model's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Compiles a network.
    ///
    /// - Parameters:
    ///   - model: read and reshaped; not needed afterwards.
    ///   - core: the runtime that read it.
    ///   - options: precision, threads, cache.
    ///   - executor: the thread that runs it; models of one pipeline may share one, since they run one after another.
    /// - Throws: `InferenceError` with `compilation_failed`.
    public init(
        _ model: ModelFile, core: Core, options: CompileOptions, executor: BlockingExecutor
    ) throws(InferenceError) {
        self.executor = executor
        let handles = try ModelHandles(model, core: core, options: options)
        self.handles = handles
        outputNames = try handles.outputNames()
    }

    /// Runs the network once.
    ///
    /// - Parameters:
    ///   - inputs: by name; every input of the network.
    ///   - body: reads the outputs, which are valid only inside.
    /// - Throws: `InferenceError` with `wrong_shape` or `inference_failed`, or what `body` throws.
    public func infer<R: Sendable>(
        _ inputs: [String: Tensor], _ body: @Sendable (borrowing Outputs) throws -> R
    ) throws -> R {
        try handles.infer(inputs, body)
    }
}
