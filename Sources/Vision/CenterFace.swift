import Foundation

/// Reads the outputs of CenterFace (Xu et al. 2020, arXiv 1911.03599): a face per cell of a grid with stride 4.
enum CenterFace {
    static let input = "input.1"
    static let outputs = (score: "537", size: "538", offset: "539", landmarks: "540")
    /// Pixels per cell.
    static let stride: Float = 4

    /// The four output planes of one picture, each `rows` × `columns`.
    struct Planes {
        let rows: Int
        let columns: Int
        let score: UnsafeBufferPointer<Float>
        /// Logarithm of height, then of width, in cells.
        let size: UnsafeBufferPointer<Float>
        /// y, then x, in cells.
        let offset: UnsafeBufferPointer<Float>
        /// Five (y, x) pairs in fractions of the box.
        let landmarks: UnsafeBufferPointer<Float>
    }

    /// Lists the faces whose score is above `threshold`, in pixels of the network's input, unsorted and with duplicates.
    ///
    /// - Throws: `VisionError` with `bad_model` when the planes do not fit together.
    static func decode(_ planes: Planes, threshold: Float) throws(VisionError) -> [FaceCandidate] {
        let cells = planes.rows * planes.columns
        guard planes.score.count == cells, planes.size.count == 2 * cells, planes.offset.count == 2 * cells,
            planes.landmarks.count == 10 * cells
        else {
            throw VisionError(.badModel, "The face detector's outputs do not fit together.")
        }
        var found: [FaceCandidate] = []
        for cell in 0..<cells where planes.score[cell] > threshold {
            found.append(candidate(planes, cell: cell, cells: cells))
        }
        return found
    }

    private static func candidate(_ planes: Planes, cell: Int, cells: Int) -> FaceCandidate {
        let row = Float(cell / planes.columns)
        let column = Float(cell % planes.columns)
        let height = stride * exp(planes.size[cell])
        let width = stride * exp(planes.size[cells + cell])
        let centreY = stride * (row + planes.offset[cell] + 0.5)
        let centreX = stride * (column + planes.offset[cells + cell] + 0.5)
        let box = FaceBox(x: centreX - width / 2, y: centreY - height / 2, width: width, height: height)
        let landmarks = (0..<5).map { point in
            FacePoint(
                x: box.x + width * planes.landmarks[(2 * point + 1) * cells + cell],
                y: box.y + height * planes.landmarks[2 * point * cells + cell])
        }
        return FaceCandidate(box: box, landmarks: landmarks, score: planes.score[cell])
    }
}
