import Drawing

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

    /// As it is drawn.
    var heat: HeatMap { HeatMap(columns: columns, values: values) }

    /// Whole levels from 0 for the lowest value to 255 for the highest: what is kept of a map, a byte for a cell.
    public var levels: (cells: [UInt8], low: Float, high: Float) {
        let (low, high) = (values.min() ?? 0, values.max() ?? 0)
        let scale = high > low ? 255 / (high - low) : 0
        return (values.map { UInt8(max(0, min(255, (($0 - low) * scale).rounded()))) }, low, high)
    }
}
