/// Where in a square something was seen: a picture to lay over the square, in which bright places are those that counted, and
/// places that did not are darkened. It reads without colour vision and in print too: brightness alone tells, and a line runs
/// round what counted most.
public struct HeatMap: Sendable, Equatable {
    /// Cells from left to right.
    public let columns: Int
    /// Row by row, a multiple of `columns`; what is not above 0 did not count.
    public let values: [Float]

    private let rows: Int
    private let most: Double

    /// Where the line runs, as a part of the largest value.
    private static let edge = 0.5

    /// Makes a map; one without whole rows is as one in which nothing counted.
    public init(columns: Int, values: [Float]) {
        let isWhole = columns > 0 && !values.isEmpty && values.count % columns == 0
        self.columns = isWhole ? columns : 1
        self.values = isWhole ? values : [0]
        rows = self.values.count / self.columns
        most = Double(self.values.max() ?? 0)
    }

    /// The part of the largest value at a place, 0…1, between cells by bilinear interpolation.
    ///
    /// - Parameters:
    ///   - x: 0 at the square's left edge, 1 at its right.
    ///   - y: 0 at the top, 1 at the bottom.
    public func strength(x: Double, y: Double) -> Double {
        guard most > 0 else { return 0 }
        let (left, right, across) = Self.cells(around: x, of: columns)
        let (top, bottom, down) = Self.cells(around: y, of: rows)
        func value(_ row: Int, _ column: Int) -> Double { Double(values[row * columns + column]) }
        let upper = value(top, left) * (1 - across) + value(top, right) * across
        let lower = value(bottom, left) * (1 - across) + value(bottom, right) * across
        return max(0, min(1, (upper * (1 - down) + lower * down) / most))
    }

    /// The two cells whose centres lie around a place, and how near it is to the second.
    private static func cells(around place: Double, of count: Int) -> (Int, Int, Double) {
        let position = max(0, min(Double(count - 1), place * Double(count) - 0.5))
        let first = Int(position)
        return (first, min(first + 1, count - 1), position - Double(first))
    }

    /// What is laid over a place: red, green, blue and opacity, each 0…1.
    public struct Tint: Sendable, Equatable {
        /// Not multiplied by the opacity.
        public let red, green, blue: Double
        /// 0 leaves the place as it is.
        public let opacity: Double
    }

    /// From dark blue over purple to yellow; brightness grows evenly.
    private static let stops: [[Double]] = [[13, 8, 135], [156, 23, 158], [237, 121, 83], [240, 249, 33]]

    /// The tint of a strength.
    public static func tint(_ strength: Double) -> Tint {
        let position = max(0, min(1, strength)) * Double(stops.count - 1)
        let first = min(stops.count - 2, Int(position))
        let bands = (0..<3).map { band in
            (stops[first][band] + (stops[first + 1][band] - stops[first][band]) * (position - Double(first))) / 255
        }
        return Tint(red: bands[0], green: bands[1], blue: bands[2], opacity: 0.45 + 0.1 * strength)
    }

    /// The tints of a picture, row by row, with the line.
    func tints(side: Int) -> [Tint] {
        let step = 1 / Double(side)
        // One row and column more, for the slope at the last ones.
        let strengths = (0...side).map { row in
            (0...side).map { strength(x: (Double($0) + 0.5) * step, y: (Double(row) + 0.5) * step) }
        }
        let half = max(0.75, Double(side) / 160)
        return (0..<side * side).map { index in
            let (x, y) = (index % side, index / side)
            let here = strengths[y][x]
            let (right, down) = (strengths[y][x + 1] - here, strengths[y + 1][x] - here)
            let slope = (right * right + down * down).squareRoot()
            // How many pixels away the line is, where the strength grows as it does here.
            let distance = slope > 0 ? abs(here - Self.edge) / slope : .infinity
            // White between black is seen on anything.
            if distance <= half { return Tint(red: 1, green: 1, blue: 1, opacity: 0.9) }
            if distance <= 2 * half { return Tint(red: 0, green: 0, blue: 0, opacity: 0.55) }
            return Self.tint(here)
        }
    }
}
