import COpenVINO
public import Foundation

/// How a network is compiled for the CPU.
public struct CompileOptions: Sendable {
    /// Arithmetic inside the network; said always, because the plug-in would choose bf16 by itself, also
    /// where it is the slower one.
    public var precision: Precision
    /// Threads for one inference.
    public var threads: Int
    /// A folder that keeps compiled networks, so that the next start is quicker; nil for none.
    public var cacheDirectory: URL?

    /// Makes options; one thread, because the product runs a process per core.
    public init(precision: Precision = .auto, threads: Int = 1, cacheDirectory: URL? = nil) {
        self.precision = precision
        self.threads = threads
        self.cacheDirectory = cacheDirectory
    }

    /// The properties with `auto` settled.
    func properties(core: Core) throws(InferenceError) -> [(key: String, value: String)] {
        let precision = try core.resolve(precision)
        var list = [
            ("INFERENCE_PRECISION_HINT", precision.rawValue),
            ("INFERENCE_NUM_THREADS", String(max(1, threads))),
            ("PERFORMANCE_HINT", "LATENCY"),
            ("NUM_STREAMS", "1"),
            // Pinning would put every process of the pool onto the same first core.
            ("ENABLE_CPU_PINNING", "NO"),
        ]
        if let cacheDirectory { list.append(("CACHE_DIR", cacheDirectory.path)) }
        return list
    }
}
