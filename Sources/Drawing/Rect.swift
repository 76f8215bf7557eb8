/// A rectangle in pixels.
public struct Rect: Sendable, Equatable {
    /// Left edge.
    public var x: Double
    /// Top edge.
    public var y: Double
    /// Width.
    public var width: Double
    /// Height.
    public var height: Double

    /// Makes a rectangle.
    public init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The area that both rectangles share.
    func overlap(_ other: Rect) -> Double {
        let horizontal = min(x + width, other.x + other.width) - max(x, other.x)
        let vertical = min(y + height, other.y + other.height) - max(y, other.y)
        return max(0, horizontal) * max(0, vertical)
    }

    /// Moved so that it lies inside of a picture where it fits.
    func kept(within size: (width: Double, height: Double)) -> Rect {
        Rect(
            x: max(0, min(x, size.width - width)), y: max(0, min(y, size.height - height)), width: width,
            height: height)
    }
}
