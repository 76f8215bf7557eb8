/// Where in a face's crop the classifier saw what spoke for or against its answer (class activation map, Zhou et al.
/// 2016): exact for a network that averages its last feature map and ends in one linear layer.
public struct ActivationMap: Sendable, Equatable {
    /// Cells from left to right over the crop.
    public let columns: Int
    /// Cells from top to bottom.
    public let rows: Int
    /// Row by row; the mean is the class's logit. Positive speaks for the class.
    public let values: [Float]

    /// Makes a map.
    ///
    /// - Parameter values: `columns` × `rows`, row by row.
    init(columns: Int, rows: Int, values: [Float]) {
        self.columns = columns
        self.rows = rows
        self.values = values
    }

    /// Takes the map of the most probable class out of an output of the shape pictures × classes × rows × columns.
    ///
    /// - Throws: `VisionError` with `bad_model` when the output has another shape.
    init(
        _ output: UnsafeBufferPointer<Float>, shape: [Int], picture: Int, of probabilities: [Float]
    ) throws(VisionError) {
        guard shape.count == 4, shape[1] == probabilities.count, picture < shape[0],
            let best = probabilities.indices.max(by: { probabilities[$0] < probabilities[$1] })
        else {
            throw VisionError(.badModel, "The model's activation maps have the shape \(shape).")
        }
        let cells = shape[2] * shape[3]
        let start = (picture * shape[1] + best) * cells
        self.init(columns: shape[3], rows: shape[2], values: Array(output[start..<(start + cells)]))
    }

    /// The part of the largest value at a place, 0…1, between cells by bilinear interpolation; 0 where the map speaks
    /// against the class.
    ///
    /// - Parameters:
    ///   - x: 0 at the crop's left edge, 1 at its right.
    ///   - y: 0 at the top, 1 at the bottom.
    func strength(x: Double, y: Double) -> Double {
        guard let most = values.max(), most > 0 else { return 0 }
        let (left, right, across) = Self.cells(around: x, of: columns)
        let (top, bottom, down) = Self.cells(around: y, of: rows)
        func value(_ row: Int, _ column: Int) -> Double { Double(values[row * columns + column]) }
        let upper = value(top, left) * (1 - across) + value(top, right) * across
        let lower = value(bottom, left) * (1 - across) + value(bottom, right) * across
        return max(0, min(1, (upper * (1 - down) + lower * down) / Double(most)))
    }

    /// The two cells whose centres lie around a place, and how near it is to the second.
    private static func cells(around place: Double, of count: Int) -> (Int, Int, Double) {
        let position = max(0, min(Double(count - 1), place * Double(count) - 0.5))
        let first = Int(position)
        return (first, min(first + 1, count - 1), position - Double(first))
    }
}
