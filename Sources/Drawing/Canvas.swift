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

    /// Makes a canvas.
    ///
    /// - Parameters:
    ///   - width: in pixels, 1…32767, cairo's limit.
    ///   - height: in pixels, 1…32767.
    ///   - fill: writes what is on it at first, as in `withMemory`.
    public convenience init(
        width: Int, height: Int, fill: (_ memory: UnsafeMutablePointer<UInt8>, _ stride: Int) throws -> Void
    ) throws {
        try self.init(blankWidth: width, height: height)
        let (rows, stride) = try memory()
        try fill(rows, stride)
        cairo_surface_mark_dirty(surface)
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

    /// Lends the pixels as they are now: rows that begin `stride` bytes apart, of four bytes a pixel, which are blue, green, red and
    /// one that is passed over (cairo's RGB24 where the lowest byte comes first, as on each processor that Mien runs on).
    public func withMemory<R>(_ body: (_ memory: UnsafePointer<UInt8>, _ stride: Int) throws -> R) throws -> R {
        let status = cairo_status(context)
        guard status == CAIRO_STATUS_SUCCESS else {
            throw DrawingError("Drawing failed.", detail: String(cString: cairo_status_to_string(status)))
        }
        let (rows, stride) = try memory()
        return try withExtendedLifetime(self) { try body(rows, stride) }
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
