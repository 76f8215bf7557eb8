import Inference

/// What a pipeline's networks compute in.
struct Arithmetic {
    /// Of the detectors, and of the network for covered faces.
    let detectors: CompileOptions
    let classifier: CompileOptions
    /// What `auto` became for the detectors.
    let settledForDetectors: Pipeline.PrecisionChoice
    /// What `auto` became for the classifier.
    let settled: Pipeline.PrecisionChoice

    /// Settles what a configuration asks for on this processor.
    init(_ configuration: Pipeline.Configuration, core: Core) throws(InferenceError) {
        let precision = try core.resolve(Precision(rawValue: configuration.precision.rawValue) ?? .auto)
        detectors = CompileOptions(precision: precision, cacheDirectory: configuration.cacheDirectory)
        settledForDetectors = precision == .bf16 ? .bf16 : .f32
        if configuration.precision == .int8 {
            // What the variant leaves in floating point is little, and was measured in f32.
            classifier = CompileOptions(precision: .f32, cacheDirectory: configuration.cacheDirectory)
            settled = .int8
        } else {
            classifier = detectors
            settled = settledForDetectors
        }
    }
}
