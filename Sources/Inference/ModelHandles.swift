import COpenVINO
import Foundation

/// Owns the compiled network and its one infer request; used from one thread at a time.
final class ModelHandles {
    private let model: OpaquePointer
    private let request: OpaquePointer
    // The plug-in library must outlive what it compiled.
    private let core: Core

    init(_ file: ModelFile, core: Core, options: CompileOptions) throws(InferenceError) {
        self.core = core
        let problem = "The model could not be compiled for this CPU."
        let properties = try options.properties(core: core)
        var compiled: OpaquePointer?
        func compile() throws(InferenceError) {
            try attempt(.compilationFailed, problem) {
                withCStrings(properties) { list in
                    ov_core_compile_model_props(
                        core.pointer, file.pointer, "CPU", list.count, list.baseAddress, &compiled)
                }
            }
        }
        if let folder = options.cacheDirectory {
            try BlobCache(directory: folder).guarded(compile)
        } else {
            try compile()
        }
        let model = try require(compiled, .compilationFailed, problem)
        var created: OpaquePointer?
        do throws(InferenceError) {
            try attempt(.compilationFailed, problem) { ov_compiled_model_create_infer_request(model, &created) }
            request = try require(created, .compilationFailed, problem)
        } catch {
            ov_compiled_model_free(model)
            throw error
        }
        self.model = model
    }

    deinit {
        ov_infer_request_free(request)
        ov_compiled_model_free(model)
    }

    func outputNames() throws(InferenceError) -> [String] {
        var count = 0
        try attempt(.wrongShape, "The model's outputs cannot be listed.") {
            ov_compiled_model_outputs_size(model, &count)
        }
        var names: [String] = []
        for index in 0..<count {
            var port: OpaquePointer?
            try attempt(.wrongShape, "The model's outputs cannot be listed.") {
                ov_compiled_model_output_by_index(model, index, &port)
            }
            let owned = try require(port, .wrongShape, "The model's outputs cannot be listed.")
            defer { ov_output_const_port_free(owned) }
            var name: UnsafeMutablePointer<CChar>?
            try attempt(.wrongShape, "An output of the model has no name.") { ov_port_get_any_name(owned, &name) }
            names.append(takeString(name))
        }
        return names
    }

    func infer<R>(_ inputs: [String: Tensor], _ body: (borrowing Outputs) throws -> R) throws -> R {
        try setInputs(inputs[...].map { ($0.key, $0.value) }[...]) {
            try attempt(.inferenceFailed, "The network did not run.") { ov_infer_request_infer(request) }
            return try body(Outputs(request: request))
        }
    }

    /// Wraps each input without a copy and runs `body` while all of them are lent.
    private func setInputs<R>(_ inputs: ArraySlice<(String, Tensor)>, _ body: () throws -> R) throws -> R {
        guard let (name, tensor) = inputs.first else { return try body() }
        return try tensor.withHandle { handle in
            try attempt(
                .wrongShape, "The network takes no input \(name) of shape \(tensor.shape)."
            ) { ov_infer_request_set_tensor(request, name, handle) }
            return try setInputs(inputs.dropFirst(), body)
        }
    }
}

/// Lends properties as C strings.
private func withCStrings<R>(
    _ properties: [(key: String, value: String)], _ body: (UnsafeBufferPointer<ov_property_t>) -> R
) -> R {
    let keys = properties.map { strdup($0.key) }
    let values = properties.map { strdup($0.value) }
    defer { (keys + values).forEach { free($0) } }
    let list = zip(keys, values).map { ov_property_t(key: $0, value: UnsafeRawPointer($1)) }
    return list.withUnsafeBufferPointer(body)
}
