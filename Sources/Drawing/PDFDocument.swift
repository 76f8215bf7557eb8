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

    /// Puts a JPEG into a rectangle. Its bytes go into the file as they are; nothing is decoded here.
    ///
    /// - Parameters:
    ///   - jpeg: a whole file.
    ///   - width: its width in pixels, 1…32767.
    ///   - height: its height in pixels, 1…32767.
    ///   - rect: where it lies.
    public func draw(jpeg: [UInt8], width: Int, height: Int, in rect: Rect) throws(DrawingError) {
        guard (1...32767).contains(width), (1...32767).contains(height), !jpeg.isEmpty else {
            throw DrawingError(
                "The picture cannot be put into the document.", detail: "\(jpeg.count) bytes for \(width) × \(height)",
                isRetriable: false)
        }
        // The picture's own pixels stay empty: to a PDF, cairo writes the attached file instead of them. Of all formats
        // without transparency this one needs the least memory.
        let picture = cairo_image_surface_create(CAIRO_FORMAT_RGB16_565, Int32(width), Int32(height))
        defer { cairo_surface_destroy(picture) }
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: jpeg.count)
        _ = copy.initialize(from: jpeg)
        let status = cairo_surface_set_mime_data(
            picture, CAIRO_MIME_TYPE_JPEG, copy.baseAddress, UInt(jpeg.count),
            { $0?.deallocate() }, copy.baseAddress)
        guard status == CAIRO_STATUS_SUCCESS else {
            copy.deallocate()
            throw DrawingError(
                "The picture cannot be put into the document.", detail: String(cString: cairo_status_to_string(status)))
        }
        cairo_save(context)
        cairo_translate(context, rect.x, rect.y)
        cairo_scale(context, rect.width / Double(width), rect.height / Double(height))
        cairo_set_source_surface(context, picture, 0, 0)
        cairo_paint(context)
        cairo_restore(context)
    }
}
