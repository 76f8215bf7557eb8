import COpenVINO

/// Numbers with a shape, row-major, for an input of a network.
public struct Tensor: Sendable {
    /// The numbers.
    public enum Elements: Sendable {
        /// Unsigned bytes.
        case bytes([UInt8])
        /// 32-bit floating point numbers.
        case floats([Float])
    }

    /// The size of each dimension.
    public let shape: [Int]
    /// As many as the product of the dimensions.
    public let elements: Elements

    /// Makes a tensor.
    ///
    /// - Throws: `InferenceError` with `wrong_shape` when the count does not fit the shape.
    public init(_ elements: Elements, shape: [Int]) throws(InferenceError) {
        let count =
            switch elements {
            case .bytes(let bytes): bytes.count
            case .floats(let floats): floats.count
            }
        guard shape.allSatisfy({ $0 > 0 }), shape.reduce(1, *) == count else {
            throw InferenceError(.wrongShape, "\(count) numbers do not fill the shape \(shape).")
        }
        self.shape = shape
        self.elements = elements
    }

    /// Lends the numbers as an OpenVINO tensor that refers to them without a copy.
    func withHandle<R>(_ body: (OpaquePointer) throws -> R) throws -> R {
        switch elements {
        case .bytes(let bytes): try bytes.withUnsafeBytes { try lend($0, U8, body) }
        case .floats(let floats): try floats.withUnsafeBytes { try lend($0, F32, body) }
        }
    }

    private func lend<R>(
        _ buffer: UnsafeRawBufferPointer, _ type: ov_element_type_e, _ body: (OpaquePointer) throws -> R
    ) throws -> R {
        var handle: OpaquePointer?
        try withShape(shape) { shape throws(InferenceError) in
            // OpenVINO reads inputs only; the mutable pointer is its C API's shape, not its intent.
            let memory = UnsafeMutableRawPointer(mutating: buffer.baseAddress)
            try attempt(.wrongShape, "The input could not be wrapped.") {
                ov_tensor_create_from_host_ptr(type, shape, memory, &handle)
            }
        }
        let tensor = try require(handle, .wrongShape, "The input could not be wrapped.")
        defer { ov_tensor_free(tensor) }
        return try body(tensor)
    }
}

/// The results of one run, valid only while they are lent.
public struct Outputs: ~Copyable {
    let request: OpaquePointer

    /// Lends an output's numbers.
    ///
    /// - Parameters:
    ///   - name: as the network names it.
    ///   - body: gets the numbers, row-major, and the shape.
    /// - Throws: `InferenceError` with `wrong_shape` when there is no such output or it holds no 32-bit floats.
    public func withFloats<R>(_ name: String, _ body: (UnsafeBufferPointer<Float>, [Int]) throws -> R) throws -> R {
        let problem = "The network has no output \(name) of 32-bit floats."
        var handle: OpaquePointer?
        try attempt(.wrongShape, problem) { ov_infer_request_get_tensor(request, name, &handle) }
        let tensor = try require(handle, .wrongShape, problem)
        defer { ov_tensor_free(tensor) }
        var type = DYNAMIC
        try attempt(.wrongShape, problem) { ov_tensor_get_element_type(tensor, &type) }
        guard type == F32 else { throw InferenceError(.wrongShape, problem, detail: "type \(type.rawValue)") }
        var shape = ov_shape_t()
        try attempt(.wrongShape, problem) { ov_tensor_get_shape(tensor, &shape) }
        defer { ov_shape_free(&shape) }
        let dimensions = (0..<Int(shape.rank)).map { Int(shape.dims[$0]) }
        var data: UnsafeMutableRawPointer?
        try attempt(.inferenceFailed, problem) { ov_tensor_data(tensor, &data) }
        let memory = try require(data, .inferenceFailed, problem).assumingMemoryBound(to: Float.self)
        return try body(UnsafeBufferPointer(start: memory, count: dimensions.reduce(1, *)), dimensions)
    }
}
