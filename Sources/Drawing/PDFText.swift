import CPango
import Foundation

/// How text in a document looks.
public struct PDFTextStyle: Sendable {
    /// Points.
    public let size: Double
    /// Whether it is bold.
    public let isBold: Bool
    /// Its colour.
    public let colour: Colour

    /// Makes a style.
    public init(size: Double, isBold: Bool = false, colour: Colour = .black) {
        self.size = size
        self.isBold = isBold
        self.colour = colour
    }
}

/// Text of a document, broken into lines and ready to be shown line by line, so that it can go on on the next page.
///
/// Any script: pango takes the glyphs that the first font lacks from others that are installed, and orders what is
/// written from right to left. The text stays text in the file.
public final class PDFText {
    /// Where a line stands in relation to the width.
    public enum Alignment: Sendable {
        /// Where the text's script begins: left, or right for Arabic and the like.
        case natural
        /// In the middle.
        case centre
        /// At the end.
        case end
    }

    /// One line.
    private struct Line {
        /// Belongs to the layout.
        let pointer: UnsafeMutablePointer<PangoLayoutLine>
        let x: Double
        let height: Double
        /// From the line's top to its baseline.
        let ascent: Double
    }

    private let layout: OpaquePointer
    private let context: OpaquePointer
    private let colour: Colour
    private var lines: [Line] = []

    /// How many lines it has; at least one.
    public var lineCount: Int { lines.count }
    /// The height of all lines.
    public var height: Double { lines.reduce(0) { $0 + $1.height } }

    /// Breaks text into lines.
    /// - Parameters:
    ///   - text: line breaks in it stay.
    ///   - style: how it looks.
    ///   - width: in points; longer words are broken in the middle.
    ///   - alignment: in relation to the width.
    ///   - document: where it will be shown.
    public init(
        _ text: String, _ style: PDFTextStyle, width: Double, alignment: Alignment = .natural, in document: PDFDocument
    ) throws(DrawingError) {
        guard let layout = pango_cairo_create_layout(document.context) else {
            throw DrawingError("Text could not be set.", detail: "no layout")
        }
        self.layout = layout
        context = document.context
        colour = style.colour
        let font = pango_font_description_new()
        pango_font_description_set_family(font, "Noto Sans, DejaVu Sans, sans-serif")
        pango_font_description_set_weight(font, style.isBold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
        pango_font_description_set_absolute_size(font, style.size * Double(PANGO_SCALE))
        pango_layout_set_font_description(layout, font)
        pango_font_description_free(font)
        pango_layout_set_width(layout, Int32(width * Double(PANGO_SCALE)))
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        switch alignment {
        case .natural: pango_layout_set_alignment(layout, PANGO_ALIGN_LEFT)
        case .centre: pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER)
        case .end: pango_layout_set_alignment(layout, PANGO_ALIGN_RIGHT)
        }
        // A long word is broken where it must be; a hyphen would be taken for a part of it.
        if let attributes = pango_attr_list_new() {
            pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(0))
            pango_layout_set_attributes(layout, attributes)
            pango_attr_list_unref(attributes)
        }
        // Names of files on some systems come in pieces (NFD) that fonts have no glyphs for.
        pango_layout_set_text(layout, text.precomposedStringWithCanonicalMapping, -1)
        measure()
    }

    deinit {
        g_object_unref(UnsafeMutableRawPointer(layout))
    }

    /// Characters that no installed font can show.
    var unknownCharacters: Int { Int(pango_layout_get_unknown_glyphs_count(layout)) }

    private func measure() {
        let iterator = pango_layout_get_iter(layout)
        defer { pango_layout_iter_free(iterator) }
        let unit = Double(PANGO_SCALE)
        repeat {
            var extents = PangoRectangle()
            pango_layout_iter_get_line_extents(iterator, nil, &extents)
            guard let pointer = pango_layout_iter_get_line_readonly(iterator) else { continue }
            let baseline = pango_layout_iter_get_baseline(iterator)
            lines.append(
                Line(
                    pointer: pointer, x: Double(extents.x) / unit, height: Double(extents.height) / unit,
                    ascent: Double(baseline - extents.y) / unit))
        } while pango_layout_iter_next_line(iterator) != 0
    }

    /// A line's height.
    /// - Parameter index: from 0 to `lineCount - 1`.
    public func height(ofLine index: Int) -> Double { lines[index].height }

    /// Shows one line with its left top at a point.
    /// - Parameter index: from 0 to `lineCount - 1`.
    public func show(line index: Int, x: Double, y: Double) {
        let line = lines[index]
        cairo_set_source_rgb(context, colour.red, colour.green, colour.blue)
        cairo_move_to(context, x + line.x, y + line.ascent)
        pango_cairo_show_layout_line(context, line.pointer)
    }

    /// Shows all lines.
    public func show(x: Double, y: Double) {
        var y = y
        for index in lines.indices {
            show(line: index, x: x, y: y)
            y += lines[index].height
        }
    }
}
