import COpenVINO

/// Calls OpenVINO's C API and turns its status into an error.
///
/// `ov_get_last_err_msg` belongs to the calling thread, so it is read before anything else is called.
func attempt(
    _ code: InferenceError.Code, _ description: @autoclosure () -> String, detail: @autoclosure () -> String = "",
    _ call: () -> ov_status_e
) throws(InferenceError) {
    let status = call()
    guard status != OK else { return }
    // The text is OpenVINO's own copy for this thread and is not freed here.
    let message = ov_get_last_err_msg().map { String(cString: $0) } ?? ""
    let reason = ov_get_error_info(status).map { String(cString: $0) } ?? "status \(status.rawValue)"
    throw InferenceError(
        code, description(), detail: [detail(), reason, message].filter { !$0.isEmpty }.joined(separator: ": "))
}

/// A handle that must be there after a call that succeeded.
func require<Handle>(_ handle: Handle?, _ code: InferenceError.Code, _ description: String) throws(InferenceError)
    -> Handle
{
    guard let handle else { throw InferenceError(code, description, detail: "OpenVINO returned no handle") }
    return handle
}

/// Takes over a string that OpenVINO allocated.
func takeString(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    guard let pointer else { return "" }
    defer { ov_free(pointer) }
    return String(cString: pointer)
}

/// Lends a shape to a call.
func withShape<R>(
    _ dimensions: [Int], _ body: (ov_shape_t) throws(InferenceError) -> R
) throws(InferenceError) -> R {
    var shape = ov_shape_t()
    let wide = dimensions.map(Int64.init)
    try attempt(.wrongShape, "The shape \(dimensions) is not possible.") {
        wide.withUnsafeBufferPointer { ov_shape_create(Int64($0.count), $0.baseAddress, &shape) }
    }
    defer { ov_shape_free(&shape) }
    return try body(shape)
}
