import CPango

/// A box around something, with a label.
public struct Annotation: Sendable {
    /// Around what, in pixels of the canvas.
    public let box: Rect
    /// What it is; always words, since colour alone is not enough.
    public let text: String
    /// What may stand there instead where there is no room, the longest first, such as a number that a list explains.
    public let shorter: [String]
    /// The box's and the label's colour.
    public let colour: Colour

    /// Makes an annotation.
    public init(box: Rect, text: String, shorter: [String] = [], colour: Colour) {
        self.box = box
        self.text = text
        self.shorter = shorter
        self.colour = colour
    }
}

extension Canvas {
    /// Draws boxes and their labels; labels are as large as fits without covering one another or a face, and shorter
    /// rather than too small to read.
    public func draw(_ annotations: [Annotation]) throws(DrawingError) {
        guard !annotations.isEmpty else { return }
        let lineWidth = max(2, Double(max(width, height)) / 400)
        for annotation in annotations { draw(annotation.box, colour: annotation.colour, lineWidth: lineWidth) }
        let placed = try LabelLayout.place(annotations, on: self)
        for (annotation, label) in zip(annotations, placed) { draw(label, colour: annotation.colour) }
    }

    /// A coloured line between two dark ones is seen on any background.
    func draw(_ box: Rect, colour: Colour, lineWidth: Double) {
        for (line, colour, alpha) in [(lineWidth * 2, Colour.black, 0.55), (lineWidth, colour, 1)] {
            addRoundedRect(box, radius: lineWidth * 2)
            setColour(colour, alpha: alpha)
            cairo_set_line_width(context, line)
            cairo_stroke(context)
        }
    }

    private func draw(_ label: LabelLayout.Label, colour: Colour) {
        addRoundedRect(label.frame, radius: label.frame.height * 0.18)
        setColour(colour)
        cairo_fill_preserve(context)
        setColour(.black, alpha: 0.55)
        cairo_set_line_width(context, max(1, label.frame.height * 0.05))
        cairo_stroke(context)
        setColour(colour.textColour)
        label.line.show(x: label.frame.x + label.padding.x, y: label.frame.y + label.padding.y)
    }
}
