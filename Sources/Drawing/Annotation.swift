import CPango

/// A box around something, with a label.
public struct Annotation: Sendable {
    /// Around what, in pixels of the canvas.
    public let box: Rect
    /// What it is; always words, since colour alone is not enough.
    public let text: String
    /// The box's and the label's colour.
    public let colour: Colour

    /// Makes an annotation.
    public init(box: Rect, text: String, colour: Colour) {
        self.box = box
        self.text = text
        self.colour = colour
    }
}

extension Canvas {
    /// A coloured line between two dark ones is seen on any background.
    func draw(_ box: Rect, colour: Colour, lineWidth: Double) {
        for (line, colour, alpha) in [(lineWidth * 2, Colour.black, 0.55), (lineWidth, colour, 1)] {
            addRoundedRect(box, radius: lineWidth * 2)
            setColour(colour, alpha: alpha)
            cairo_set_line_width(context, line)
            cairo_stroke(context)
        }
    }
}
