import CPango

/// A document of A4 pages; lengths are in points (1/72 inch) from a page's left top. Used from one thread.
public final class PDFDocument {
    /// A4, 210 × 297 mm.
    public static let pageSize = (width: 595.276, height: 841.89)

    private let surface: OpaquePointer
    let context: OpaquePointer
    /// What cairo has written. It lives as long as the surface, whose callback appends to it.
    private let output = Output()

    private final class Output {
        var bytes: [UInt8] = []
    }

    init(_ information: PDFInformation) throws(DrawingError) {
        let write: cairo_write_func_t = { closure, bytes, count in
            guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
            let buffer = UnsafeBufferPointer(start: bytes, count: Int(count))
            Unmanaged<Output>.fromOpaque(closure).takeUnretainedValue().bytes.append(contentsOf: buffer)
            return CAIRO_STATUS_SUCCESS
        }
        // cairo answers failure with an object in error state, which may be freed like any other.
        let surface = cairo_pdf_surface_create_for_stream(
            write, Unmanaged.passUnretained(output).toOpaque(), Self.pageSize.width, Self.pageSize.height)
        let context = cairo_create(surface)
        guard let surface, let context, cairo_status(context) == CAIRO_STATUS_SUCCESS else {
            let status = context.map { String(cString: cairo_status_to_string(cairo_status($0))) } ?? "no context"
            cairo_destroy(context)
            cairo_surface_destroy(surface)
            throw DrawingError("The document could not be made.", detail: status)
        }
        self.surface = surface
        self.context = context
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, information.title)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, information.creator)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, information.created)
    }

    deinit {
        cairo_destroy(context)
        // Writes what it still holds: the output is released only after this.
        cairo_surface_destroy(surface)
    }

    /// Ends a page and begins the next one.
    public func nextPage() {
        cairo_show_page(context)
    }

    /// Ends the last page and the file.
    func finish() throws(DrawingError) -> [UInt8] {
        cairo_show_page(context)
        let drawn = cairo_status(context)
        cairo_surface_finish(surface)
        let written = cairo_surface_status(surface)
        guard drawn == CAIRO_STATUS_SUCCESS, written == CAIRO_STATUS_SUCCESS else {
            let status = drawn == CAIRO_STATUS_SUCCESS ? written : drawn
            throw DrawingError(
                "The document could not be made.", detail: String(cString: cairo_status_to_string(status)))
        }
        return output.bytes
    }
}

extension PDFDocument {
    /// Fills a rectangle.
    /// - Parameter radius: of its corners.
    public func fill(_ rect: Rect, _ colour: Colour, radius: Double = 0) {
        addPath(rect, radius)
        cairo_set_source_rgb(context, colour.red, colour.green, colour.blue)
        cairo_fill(context)
    }

    /// Draws a rectangle's edge.
    public func stroke(_ rect: Rect, _ colour: Colour, lineWidth: Double, radius: Double = 0) {
        addPath(rect, radius)
        cairo_set_source_rgb(context, colour.red, colour.green, colour.blue)
        cairo_set_line_width(context, lineWidth)
        cairo_stroke(context)
    }

    private func addPath(_ rect: Rect, _ wanted: Double) {
        let radius = max(0, min(wanted, rect.width / 2, rect.height / 2))
        guard radius > 0 else { return cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height) }
        let (right, bottom) = (rect.x + rect.width, rect.y + rect.height)
        cairo_new_sub_path(context)
        cairo_arc(context, right - radius, rect.y + radius, radius, -.pi / 2, 0)
        cairo_arc(context, right - radius, bottom - radius, radius, 0, .pi / 2)
        cairo_arc(context, rect.x + radius, bottom - radius, radius, .pi / 2, .pi)
        cairo_arc(context, rect.x + radius, rect.y + radius, radius, .pi, .pi * 1.5)
        cairo_close_path(context)
    }
}
