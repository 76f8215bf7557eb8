import COpenVINO
public import Foundation

/// A network as read from its file, before it is compiled.
///
/// Not `Sendable`: it is made, reshaped and compiled in one place.
public final class ModelFile {
    private(set) var pointer: OpaquePointer
    private let core: Core
    private let name: String

    /// Reads an OpenVINO IR (`model.xml` with `model.bin` beside it) or an ONNX file.
    ///
    /// - Throws: `InferenceError` with `missing_file` or `unreadable_model`.
    public init(_ file: URL, core: Core) throws(InferenceError) {
        self.core = core
        name = file.lastPathComponent
        let weights = file.deletingPathExtension().appendingPathExtension("bin")
        let needed = file.pathExtension == "xml" ? [file, weights] : [file]
        for url in needed where !FileManager.default.isReadableFile(atPath: url.path) {
            throw InferenceError(
                .missingFile, "The model file \(url.lastPathComponent) is missing.", detail: url.path)
        }
        var model: OpaquePointer?
        try attempt(.unreadableModel, "The model \(name) cannot be read.", detail: file.path) {
            ov_core_read_model(core.pointer, file.path, file.pathExtension == "xml" ? weights.path : nil, &model)
        }
        pointer = try require(model, .unreadableModel, "The model \(name) cannot be read.")
    }

    deinit {
        ov_model_free(pointer)
    }

    /// Gives an input a fixed shape.
    ///
    /// - Throws: `InferenceError` with `wrong_shape` when there is no such input or the network does not allow it.
    public func reshape(_ input: String, to dimensions: [Int]) throws(InferenceError) {
        var shape = ov_partial_shape_t()
        let wide = dimensions.map(Int64.init)
        let problem = "The model \(name) takes no input \(input) of shape \(dimensions)."
        try attempt(.wrongShape, problem) {
            wide.withUnsafeBufferPointer {
                ov_partial_shape_create_static(Int64($0.count), $0.baseAddress, &shape)
            }
        }
        defer { ov_partial_shape_free(&shape) }
        try attempt(.wrongShape, problem) { ov_model_reshape_input_by_name(pointer, input, shape) }
    }

    /// Lets an image input declared as planar floats (1×3×H×W) take interleaved bytes (1×H×W×3) instead; OpenVINO does
    /// the conversion inside the compiled network.
    ///
    /// - Parameters:
    ///   - input: the input's name.
    ///   - reversed: whether the network wants blue first where the bytes have red first.
    /// - Throws: `InferenceError` with `wrong_shape`.
    public func acceptInterleavedBytes(for input: String, reversed: Bool = false) throws(InferenceError) {
        let problem = "The model \(name) takes no image as input \(input)."
        var handles: [() -> Void] = []
        defer { handles.reversed().forEach { $0() } }
        func make(
            _ free: @escaping (OpaquePointer) -> Void, _ call: (inout OpaquePointer?) -> ov_status_e
        ) throws(InferenceError) -> OpaquePointer {
            var out: OpaquePointer?
            try attempt(.wrongShape, problem) { call(&out) }
            let handle = try require(out, .wrongShape, problem)
            handles.append { free(handle) }
            return handle
        }
        let steps = try make(ov_preprocess_prepostprocessor_free) {
            ov_preprocess_prepostprocessor_create(pointer, &$0)
        }
        let info = try make(ov_preprocess_input_info_free) {
            ov_preprocess_prepostprocessor_get_input_info_by_name(steps, input, &$0)
        }
        let tensor = try make(ov_preprocess_input_tensor_info_free) {
            ov_preprocess_input_info_get_tensor_info(info, &$0)
        }
        let network = try make(ov_preprocess_input_model_info_free) {
            ov_preprocess_input_info_get_model_info(info, &$0)
        }
        let interleaved = try make(ov_layout_free) { ov_layout_create("NHWC", &$0) }
        let planar = try make(ov_layout_free) { ov_layout_create("NCHW", &$0) }
        try attempt(.wrongShape, problem) { ov_preprocess_input_tensor_info_set_element_type(tensor, U8) }
        try attempt(.wrongShape, problem) { ov_preprocess_input_tensor_info_set_layout(tensor, interleaved) }
        try attempt(.wrongShape, problem) { ov_preprocess_input_model_info_set_layout(network, planar) }
        if reversed {
            let conversions = try make(ov_preprocess_preprocess_steps_free) {
                ov_preprocess_input_info_get_preprocess_steps(info, &$0)
            }
            try attempt(.wrongShape, problem) { ov_preprocess_preprocess_steps_reverse_channels(conversions) }
        }
        var built: OpaquePointer?
        try attempt(.wrongShape, problem) { ov_preprocess_prepostprocessor_build(steps, &built) }
        let replacement = try require(built, .wrongShape, problem)
        ov_model_free(pointer)
        pointer = replacement
    }
}
