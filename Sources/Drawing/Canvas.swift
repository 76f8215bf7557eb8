// Drawing puts boxes and readable labels on a picture, through cairo for shapes and pango for text in any script.

import CPango

/// A picture that can be drawn on; used from one thread at a time.
public final class Canvas {
    /// Width in pixels.
    public let width: Int
    /// Height in pixels.
    public let height: Int
    let surface: OpaquePointer
    let context: OpaquePointer

    /// Makes a canvas from pixels.
    ///
    /// - Parameters:
    ///   - pixels: `width` × `height` × 3 bytes, red green blue, row by row; copied.
    ///   - width: 1…32767, cairo's limit.
    ///   - height: 1…32767.
    public convenience init(pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int) throws(DrawingError) {
        guard pixels.count == width * height * 3 else {
            throw DrawingError(
                "The picture cannot be drawn on.", detail: "\(pixels.count) bytes for \(width) × \(height)",
                isRetriable: false)
        }
        try self.init(blankWidth: width, height: height)
        try load(pixels)
    }

    /// Makes a black canvas.
    init(blankWidth width: Int, height: Int) throws(DrawingError) {
        guard (1...32767).contains(width), (1...32767).contains(height) else {
            throw DrawingError(
                "The picture cannot be drawn on.", detail: "\(width) × \(height) pixels", isRetriable: false)
        }
        self.width = width
        self.height = height
        // cairo answers failure with an object in error state, which may be freed like any other.
        let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        let context = cairo_create(surface)
        guard let surface, let context, cairo_status(context) == CAIRO_STATUS_SUCCESS else {
            let status = context.map { String(cString: cairo_status_to_string(cairo_status($0))) } ?? "no context"
            cairo_destroy(context)
            cairo_surface_destroy(surface)
            throw DrawingError("The picture cannot be drawn on.", detail: status)
        }
        self.surface = surface
        self.context = context
    }

    deinit {
        cairo_destroy(context)
        cairo_surface_destroy(surface)
    }

    private func load(_ pixels: UnsafeBufferPointer<UInt8>) throws(DrawingError) {
        let (rows, stride) = try memory()
        guard let source = pixels.baseAddress else { return }
        for y in 0..<height {
            let target = UnsafeMutableRawPointer(rows + y * stride).assumingMemoryBound(to: UInt32.self)
            let line = source + y * width * 3
            for x in 0..<width {
                let pixel = line + x * 3
                target[x] = UInt32(pixel[0]) << 16 | UInt32(pixel[1]) << 8 | UInt32(pixel[2])
            }
        }
        cairo_surface_mark_dirty(surface)
    }

    /// The pixels as they are now: `width` × `height` × 3 bytes, red green blue, row by row.
    public func pixels() throws(DrawingError) -> [UInt8] {
        let status = cairo_status(context)
        guard status == CAIRO_STATUS_SUCCESS else {
            throw DrawingError("Drawing failed.", detail: String(cString: cairo_status_to_string(status)))
        }
        let (rows, stride) = try memory()
        return [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
            guard let target = buffer.baseAddress else { return }
            for y in 0..<height {
                let line = UnsafeRawPointer(rows + y * stride).assumingMemoryBound(to: UInt32.self)
                var out = target + y * width * 3
                for x in 0..<width {
                    let pixel = line[x]
                    out[0] = UInt8(truncatingIfNeeded: pixel >> 16)
                    out[1] = UInt8(truncatingIfNeeded: pixel >> 8)
                    out[2] = UInt8(truncatingIfNeeded: pixel)
                    out += 3
                }
            }
            count = width * height * 3
        }
    }

    /// The surface's own memory; flushed first, as cairo asks before direct access.
    private func memory() throws(DrawingError) -> (UnsafeMutablePointer<UInt8>, Int) {
        cairo_surface_flush(surface)
        guard let data = cairo_image_surface_get_data(surface) else {
            throw DrawingError("The picture cannot be drawn on.", detail: "no memory")
        }
        return (data, Int(cairo_image_surface_get_stride(surface)))
    }

    func setColour(_ colour: Colour, alpha: Double = 1) {
        cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, alpha)
    }

    /// Lays a path of a rectangle with rounded corners.
    func addRoundedRect(_ rect: Rect, radius wanted: Double) {
        let radius = max(0, min(wanted, rect.width / 2, rect.height / 2))
        let (right, bottom) = (rect.x + rect.width, rect.y + rect.height)
        cairo_new_sub_path(context)
        cairo_arc(context, right - radius, rect.y + radius, radius, -.pi / 2, 0)
        cairo_arc(context, right - radius, bottom - radius, radius, 0, .pi / 2)
        cairo_arc(context, rect.x + radius, bottom - radius, radius, .pi / 2, .pi)
        cairo_arc(context, rect.x + radius, rect.y + radius, radius, .pi, .pi * 1.5)
        cairo_close_path(context)
    }
}
