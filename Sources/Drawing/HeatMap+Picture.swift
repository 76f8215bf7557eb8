import CPango

extension HeatMap {
    /// The map as a PNG to lay over its square, which shows through.
    ///
    /// - Parameter side: width and height in pixels, 1…1024.
    public func png(side: Int) throws(DrawingError) -> [UInt8] {
        let surface = try surface(side: side)
        defer { cairo_surface_destroy(surface) }
        let output = Output()
        let status = cairo_surface_write_to_png_stream(
            surface,
            { closure, bytes, count in
                guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
                let buffer = UnsafeBufferPointer(start: bytes, count: Int(count))
                Unmanaged<Output>.fromOpaque(closure).takeUnretainedValue().bytes.append(contentsOf: buffer)
                return CAIRO_STATUS_SUCCESS
            }, Unmanaged.passUnretained(output).toOpaque())
        guard status == CAIRO_STATUS_SUCCESS else {
            throw DrawingError("The map cannot be drawn.", detail: String(cString: cairo_status_to_string(status)))
        }
        return output.bytes
    }

    private final class Output {
        var bytes: [UInt8] = []
    }

    /// The map as cairo's own picture, which the caller destroys.
    func surface(side: Int) throws(DrawingError) -> OpaquePointer {
        guard (1...1024).contains(side) else {
            throw DrawingError("The map cannot be drawn.", detail: "\(side) pixels", isRetriable: false)
        }
        // cairo answers failure with an object in error state, which may be freed like any other.
        let surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(side), Int32(side))
        guard let surface, let data = cairo_image_surface_get_data(surface) else {
            cairo_surface_destroy(surface)
            throw DrawingError("The map cannot be drawn.", detail: "no memory")
        }
        let stride = Int(cairo_image_surface_get_stride(surface))
        for (index, tint) in tints(side: side).enumerated() {
            let row = UnsafeMutableRawPointer(data + index / side * stride).assumingMemoryBound(to: UInt32.self)
            row[index % side] = tint.premultiplied
        }
        cairo_surface_mark_dirty(surface)
        return surface
    }
}

extension HeatMap.Tint {
    /// As CAIRO_FORMAT_ARGB32 has it: alpha in the upper byte, the others multiplied by it.
    fileprivate var premultiplied: UInt32 {
        func byte(_ value: Double) -> UInt32 { UInt32((value * opacity * 255).rounded()) }
        return UInt32((opacity * 255).rounded()) << 24 | byte(red) << 16 | byte(green) << 8 | byte(blue)
    }
}
