import CPango

/// A JPEG that a document shows in one place or in several. Its bytes are once in the file, as they are; nothing is decoded here.
public final class PDFPicture {
    /// Width in pixels.
    public let width: Int
    /// Height in pixels.
    public let height: Int
    let surface: OpaquePointer

    /// Makes a picture.
    ///
    /// - Parameters:
    ///   - jpeg: a whole file.
    ///   - width: its width in pixels, 1…32767.
    ///   - height: its height in pixels, 1…32767.
    public init(jpeg: [UInt8], width: Int, height: Int) throws(DrawingError) {
        guard (1...32767).contains(width), (1...32767).contains(height), !jpeg.isEmpty else {
            throw DrawingError(
                "The picture cannot be put into the document.", detail: "\(jpeg.count) bytes for \(width) × \(height)",
                isRetriable: false)
        }
        // The picture's own pixels stay empty: to a PDF, cairo writes the attached file instead of them. Of all formats
        // without transparency this one needs the least memory.
        guard let picture = cairo_image_surface_create(CAIRO_FORMAT_RGB16_565, Int32(width), Int32(height)) else {
            throw DrawingError("The picture cannot be put into the document.", detail: "no surface")
        }
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: jpeg.count)
        _ = copy.initialize(from: jpeg)
        let status = cairo_surface_set_mime_data(
            picture, CAIRO_MIME_TYPE_JPEG, copy.baseAddress, UInt(jpeg.count),
            { $0?.deallocate() }, copy.baseAddress)
        guard status == CAIRO_STATUS_SUCCESS else {
            copy.deallocate()
            cairo_surface_destroy(picture)
            throw DrawingError(
                "The picture cannot be put into the document.", detail: String(cString: cairo_status_to_string(status)))
        }
        self.width = width
        self.height = height
        surface = picture
    }

    deinit {
        // The document has a reference of its own to what it shows.
        cairo_surface_destroy(surface)
    }
}

/// A square of a picture, in its pixels; it may reach beyond the picture.
public struct PictureSquare: Sendable, Equatable {
    /// The left edge before it is turned.
    public let x: Double
    /// The top edge before it is turned.
    public let y: Double
    /// Width and height.
    public let side: Double
    /// By how many degrees it is turned clockwise about its middle.
    public let angle: Double

    /// Makes a square.
    public init(x: Double, y: Double, side: Double, angle: Double = 0) {
        self.x = x
        self.y = y
        self.side = side
        self.angle = angle
    }
}

extension PDFDocument {
    /// Shows a whole picture in a rectangle.
    public func draw(_ picture: PDFPicture, in rect: Rect) {
        cairo_save(context)
        cairo_translate(context, rect.x, rect.y)
        cairo_scale(context, rect.width / Double(picture.width), rect.height / Double(picture.height))
        cairo_set_source_surface(context, picture.surface, 0, 0)
        cairo_paint(context)
        cairo_restore(context)
    }

    /// Shows a square of a picture, turned back so that it is level.
    ///
    /// - Parameter rect: where it lies; as wide as high.
    public func draw(_ picture: PDFPicture, square: PictureSquare, in rect: Rect) {
        cairo_save(context)
        cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
        cairo_clip(context)
        cairo_translate(context, rect.x + rect.width / 2, rect.y + rect.height / 2)
        let scale = rect.width / max(square.side, 1)
        cairo_scale(context, scale, scale)
        cairo_rotate(context, -square.angle * .pi / 180)
        cairo_translate(context, -square.x - square.side / 2, -square.y - square.side / 2)
        cairo_set_source_surface(context, picture.surface, 0, 0)
        cairo_paint(context)
        cairo_restore(context)
    }

    /// Lays a map over a rectangle; what is drawn there shows through.
    ///
    /// - Parameter rect: as wide as high.
    public func draw(_ map: HeatMap, in rect: Rect) throws(DrawingError) {
        let side = 96
        let picture = try map.surface(side: side)
        defer { cairo_surface_destroy(picture) }
        cairo_save(context)
        cairo_translate(context, rect.x, rect.y)
        cairo_scale(context, rect.width / Double(side), rect.height / Double(side))
        cairo_set_source_surface(context, picture, 0, 0)
        cairo_paint(context)
        cairo_restore(context)
    }
}
