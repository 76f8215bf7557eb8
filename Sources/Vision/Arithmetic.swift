import Inference

/// What a pipeline's networks compute in.
struct Arithmetic {
    let detectors: CompileOptions
    let classifier: CompileOptions
    /// What `auto` became.
    let settled: Pipeline.PrecisionChoice

    /// Settles what a configuration asks for on this processor.
    init(_ configuration: Pipeline.Configuration, core: Core) throws(InferenceError) {
        let precision = try core.resolve(Precision(rawValue: configuration.precision.rawValue) ?? .auto)
        detectors = CompileOptions(precision: precision, cacheDirectory: configuration.cacheDirectory)
        if configuration.precision == .int8 {
            // What the variant leaves in floating point is little, and was measured in f32.
            classifier = CompileOptions(precision: .f32, cacheDirectory: configuration.cacheDirectory)
            settled = .int8
        } else {
            classifier = detectors
            settled = precision == .bf16 ? .bf16 : .f32
        }
    }
}
