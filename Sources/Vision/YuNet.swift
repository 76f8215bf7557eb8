import Foundation

/// Reads the outputs of YuNet (Wu, Peng and Yu 2023, Machine Intelligence Research 20): a face per cell of three grids.
enum YuNet {
    static let input = "input"
    /// Pixels per cell; the outputs of a grid are named after it.
    static let strides = [8, 16, 32]

    /// The names of a grid's outputs.
    static func outputs(stride: Int) -> (face: String, object: String, box: String, landmarks: String) {
        ("cls_\(stride)", "obj_\(stride)", "bbox_\(stride)", "kps_\(stride)")
    }

    /// The outputs of one grid, row by row.
    struct Grid {
        let stride: Int
        let columns: Int
        let rows: Int
        /// How much it is a face, 0…1.
        let face: UnsafeBufferPointer<Float>
        /// How well the box fits, 0…1.
        let object: UnsafeBufferPointer<Float>
        /// To each cell the centre's x and y from the cell's corner in cells, and the logarithms of width and height.
        let box: UnsafeBufferPointer<Float>
        /// To each cell five (x, y) pairs from its corner, in cells.
        let landmarks: UnsafeBufferPointer<Float>
    }

    /// Lists the faces whose score, the geometric mean of both figures, is above `threshold`; in pixels of the network's
    /// input, unsorted and with duplicates.
    ///
    /// - Throws: `VisionError` with `bad_model` when the outputs do not fit together.
    static func decode(_ grid: Grid, threshold: Float) throws(VisionError) -> [FaceCandidate] {
        let cells = grid.rows * grid.columns
        guard grid.face.count == cells, grid.object.count == cells, grid.box.count == 4 * cells,
            grid.landmarks.count == 10 * cells
        else {
            throw VisionError(.badModel, "The proposing network's outputs do not fit together.")
        }
        var found: [FaceCandidate] = []
        for cell in 0..<cells where grid.face[cell] * grid.object[cell] > threshold * threshold {
            found.append(candidate(grid, cell: cell))
        }
        return found
    }

    private static func candidate(_ grid: Grid, cell: Int) -> FaceCandidate {
        let stride = Float(grid.stride)
        let column = Float(cell % grid.columns)
        let row = Float(cell / grid.columns)
        let width = stride * exp(grid.box[4 * cell + 2])
        let height = stride * exp(grid.box[4 * cell + 3])
        let box = FaceBox(
            x: stride * (column + grid.box[4 * cell]) - width / 2,
            y: stride * (row + grid.box[4 * cell + 1]) - height / 2, width: width, height: height)
        let landmarks = (0..<5).map { point in
            FacePoint(
                x: stride * (column + grid.landmarks[10 * cell + 2 * point]),
                y: stride * (row + grid.landmarks[10 * cell + 2 * point + 1]))
        }
        let score = (max(0, grid.face[cell]) * max(0, grid.object[cell])).squareRoot()
        return FaceCandidate(box: box, landmarks: landmarks, score: score)
    }
}
