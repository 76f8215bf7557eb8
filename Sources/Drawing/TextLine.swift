import CPango

/// One line of text set in bold sans serif, measured and ready to be shown.
final class TextLine {
    private let layout: OpaquePointer
    private let context: OpaquePointer
    /// The line's advance width and height in pixels.
    let size: (width: Double, height: Double)

    init(_ text: String, fontSize: Double, on canvas: Canvas) throws(DrawingError) {
        guard let layout = pango_cairo_create_layout(canvas.context) else {
            throw DrawingError("Text could not be set.", detail: "no layout")
        }
        self.layout = layout
        context = canvas.context
        let font = pango_font_description_new()
        pango_font_description_set_family(font, "Noto Sans, DejaVu Sans, sans-serif")
        pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD)
        pango_font_description_set_absolute_size(font, fontSize * Double(PANGO_SCALE))
        pango_layout_set_font_description(layout, font)
        pango_font_description_free(font)
        pango_layout_set_single_paragraph_mode(layout, 1)
        pango_layout_set_text(layout, text, -1)
        var width: Int32 = 0
        var height: Int32 = 0
        pango_layout_get_pixel_size(layout, &width, &height)
        size = (Double(width), Double(height))
    }

    deinit {
        g_object_unref(UnsafeMutableRawPointer(layout))
    }

    /// Shows the line with its left top at a point, in the context's colour.
    func show(x: Double, y: Double) {
        cairo_move_to(context, x, y)
        pango_cairo_show_layout(context, layout)
    }
}
