import CPango

/// A picture to keep: boxes with their labels, lines from labels that found no room beside their boxes, and below the picture a
/// legend. It is drawn in bands, so that a large one needs little memory beside its own pixels.
public struct PrintPicture: Sendable {
    /// An entry of the legend: a colour and what it stands for.
    public struct Entry: Sendable {
        /// Nil for words alone.
        let colour: Colour?
        let text: String

        /// Makes an entry.
        public init(_ text: String, colour: Colour? = nil) {
            self.text = text
            self.colour = colour
        }
    }

    /// What it is looked at on.
    public enum Medium: Sendable {
        case paper
        /// Down to that of a phone, where a picture is as wide as a hand.
        case screen
    }

    /// Width in pixels.
    public let width: Int
    /// Height in pixels without the legend.
    public let pictureHeight: Int
    /// Height in pixels with the legend.
    public let height: Int
    private let annotations: [Annotation]
    private let layout: PrintLayout.Result
    private let legend: [(entry: Entry, x: Double, y: Double)]

    /// Finds places for everything.
    ///
    /// - Parameters:
    ///   - width: of the picture in pixels, 1…32767.
    ///   - height: of the picture in pixels.
    ///   - annotations: boxes with labels in pixels of the picture; the first get the best places.
    ///   - legend: in the order in which it is read.
    ///   - medium: what it is looked at on.
    public init(
        width: Int, height: Int, annotations: [Annotation], legend: [Entry], medium: Medium
    ) throws(DrawingError) {
        // Text is measured where nothing is drawn.
        let ruler = try Canvas(blankWidth: 1, height: 1)
        func measure(_ text: String, _ fontSize: Double) throws(DrawingError) -> (width: Double, height: Double) {
            try TextLine(text, fontSize: fontSize, on: ruler).size
        }
        layout = try PrintLayout.place(
            annotations, width: Double(width), height: Double(height), on: medium, measure: measure)
        let size = layout.fontSize
        var (x, y) = (size, size * 0.6)
        let line = try measure("Ag", size).height
        var placed: [(Entry, Double, Double)] = []
        for entry in legend {
            let wide = try measure(entry.text, size).width + (entry.colour == nil ? 0 : size * 1.3)
            if x > size, x + wide > Double(width) - size {
                x = size
                y += line * 1.2
            }
            placed.append((entry, x, y))
            x += wide + size * (entry.colour == nil ? 0.35 : 1.4)
        }
        self.legend = placed
        self.width = width
        pictureHeight = height
        self.height = height + (legend.isEmpty ? 0 : Int((y + line + size * 0.6).rounded(.up)))
        self.annotations = annotations
    }

    /// Whether labels cover one another, or faces, because there is no room.
    public var isCrowded: Bool { layout.isCrowded }

    /// Draws what lies in a band.
    ///
    /// - Parameters:
    ///   - canvas: the band's pixels, as wide as the picture; white below the picture.
    ///   - top: where the band begins, from the picture's top.
    public func draw(on canvas: Canvas, top: Int) throws(DrawingError) {
        cairo_save(canvas.context)
        defer { cairo_restore(canvas.context) }
        cairo_translate(canvas.context, 0, -Double(top))
        let band = (Double(top), Double(top + canvas.height))
        func isSeen(_ from: Double, _ to: Double) -> Bool { to >= band.0 - 40 && from <= band.1 + 40 }
        let lineWidth = max(2, Double(max(width, pictureHeight)) / 700)
        for (annotation, label) in zip(annotations, layout.labels) {
            if let line = label.leader, isSeen(min(line.from.y, line.to.y), max(line.from.y, line.to.y)) {
                canvas.draw(line, colour: annotation.colour, lineWidth: lineWidth)
            }
            let box = annotation.box
            if isSeen(box.y, box.y + box.height) {
                canvas.draw(box, colour: annotation.colour, lineWidth: lineWidth)
            }
        }
        for (annotation, label) in zip(annotations, layout.labels)
        where isSeen(label.frame.y, label.frame.y + label.frame.height) {
            let text = try TextLine(label.text, fontSize: layout.fontSize, on: canvas)
            canvas.draw(
                text, in: label.frame, padding: PrintLayout.padding, fontSize: layout.fontSize, annotation.colour)
        }
        for (entry, x, y) in legend
        where isSeen(y + Double(pictureHeight), y + Double(pictureHeight) + 3 * layout.fontSize) {
            try canvas.draw(entry, x: x, y: y + Double(pictureHeight), fontSize: layout.fontSize)
        }
    }
}

extension Canvas {
    fileprivate func draw(_ line: PrintLayout.Line, colour: Colour, lineWidth: Double) {
        for (width, colour, alpha) in [(lineWidth * 2, Colour.black, 0.55), (lineWidth, colour, 1)] {
            cairo_move_to(context, line.from.x, line.from.y)
            cairo_line_to(context, line.to.x, line.to.y)
            setColour(colour, alpha: alpha)
            cairo_set_line_width(context, width)
            cairo_stroke(context)
        }
    }

    fileprivate func draw(
        _ text: TextLine, in frame: Rect, padding: (x: Double, y: Double), fontSize: Double, _ colour: Colour
    ) {
        addRoundedRect(frame, radius: frame.height * 0.18)
        setColour(colour)
        cairo_fill_preserve(context)
        setColour(.black, alpha: 0.55)
        cairo_set_line_width(context, max(1, frame.height * 0.05))
        cairo_stroke(context)
        setColour(colour.textColour)
        text.show(x: frame.x + padding.x * fontSize, y: frame.y + padding.y * fontSize)
    }

    fileprivate func draw(
        _ entry: PrintPicture.Entry, x: Double, y: Double, fontSize: Double
    ) throws(DrawingError) {
        let text = try TextLine(entry.text, fontSize: fontSize, on: self)
        var x = x
        if let colour = entry.colour {
            let side = fontSize * 0.9
            addRoundedRect(
                Rect(x: x, y: y + (text.size.height - side) / 2, width: side, height: side), radius: side * 0.18)
            setColour(colour)
            cairo_fill_preserve(context)
            setColour(.black, alpha: 0.55)
            cairo_set_line_width(context, max(1, side * 0.06))
            cairo_stroke(context)
            x += fontSize * 1.3
        }
        setColour(.black)
        text.show(x: x, y: y)
    }
}
