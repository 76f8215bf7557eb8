// Inference runs a neural network's file on the CPU through OpenVINO: a compiled model with named tensors, one thread
// and a known precision.

import COpenVINO
import Foundation

/// The precision of the arithmetic inside a network.
public enum Precision: String, Sendable, CaseIterable {
    /// 32-bit floating point.
    case f32
    /// 16-bit brain floating point; up to twice as fast as f32 on some CPUs, slower on others that have it too.
    case bf16
    /// bf16 where the CPU gains by it, f32 otherwise.
    case auto
}

/// OpenVINO's runtime: reads and compiles models.
///
/// `@unchecked Sendable` because OpenVINO's core may be used from several threads (ov::Core is documented as
/// thread-safe for reading and compiling), and the pointer never changes.
public final class Core: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Starts the runtime.
    public init() throws(InferenceError) {
        var core: OpaquePointer?
        try attempt(.unavailable, "OpenVINO did not start.") { ov_core_create(&core) }
        pointer = try require(core, .unavailable, "OpenVINO did not start.")
    }

    deinit {
        ov_core_free(pointer)
    }

    /// What the CPU does well, such as `FP32`, `BF16` and `INT8`.
    public func cpuCapabilities() throws(InferenceError) -> Set<String> {
        let text = try property("OPTIMIZATION_CAPABILITIES")
        return Set(text.split { $0 == " " || $0 == "," }.map(String.init))
    }

    /// Settles `auto`, and refuses bf16 where the CPU would only emulate it.
    public func resolve(_ precision: Precision) throws(InferenceError) -> Precision {
        let hasBF16 = try cpuCapabilities().contains("BF16")
        switch precision {
        case .auto: return hasBF16 && Processor.current().gainsByBF16 ? .bf16 : .f32
        case .f32: return .f32
        case .bf16:
            guard hasBF16 else {
                throw InferenceError(.compilationFailed, "This CPU has no bf16 arithmetic. Choose f32 or auto.")
            }
            return .bf16
        }
    }

    private func property(_ key: String) throws(InferenceError) -> String {
        var value: UnsafeMutablePointer<CChar>?
        try attempt(.unavailable, "OpenVINO does not know this CPU.", detail: key) {
            ov_core_get_property(pointer, "CPU", key, &value)
        }
        return takeString(value)
    }
}
