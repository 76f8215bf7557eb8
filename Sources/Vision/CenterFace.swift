import Foundation

/// Reads the outputs of CenterFace (Xu et al. 2020, arXiv 1911.03599): a face per cell of a grid with stride 4.
enum CenterFace {
    static let input = "input.1"
    static let outputs = (score: "537", size: "538", offset: "539", landmarks: "540")
    /// Pixels per cell.
    static let stride: Float = 4

    /// A face in pixels of the network's input.
    struct Candidate: Sendable {
        var box: FaceBox
        var landmarks: [FacePoint]
        var score: Float

        /// The candidate in another scale and place.
        func mapped(scale: Float, dx: Float, dy: Float) -> Candidate {
            Candidate(
                box: FaceBox(
                    x: box.x * scale + dx, y: box.y * scale + dy, width: box.width * scale, height: box.height * scale),
                landmarks: landmarks.map { FacePoint(x: $0.x * scale + dx, y: $0.y * scale + dy) }, score: score)
        }
    }

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

    /// Lists the faces whose score is above `threshold`, unsorted and with duplicates.
    ///
    /// - Throws: `VisionError` with `bad_model` when the planes do not fit together.
    static func decode(_ planes: Planes, threshold: Float) throws(VisionError) -> [Candidate] {
        let cells = planes.rows * planes.columns
        guard planes.score.count == cells, planes.size.count == 2 * cells, planes.offset.count == 2 * cells,
            planes.landmarks.count == 10 * cells
        else {
            throw VisionError(.badModel, "The face detector's outputs do not fit together.")
        }
        var found: [Candidate] = []
        for cell in 0..<cells where planes.score[cell] > threshold {
            found.append(candidate(planes, cell: cell, cells: cells))
        }
        return found
    }

    private static func candidate(_ planes: Planes, cell: Int, cells: Int) -> Candidate {
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
        return Candidate(box: box, landmarks: landmarks, score: planes.score[cell])
    }

    /// Keeps the best of each group of boxes that overlap more than `limit` (intersection over union).
    static func withoutDuplicates(_ candidates: [Candidate], limit: Float) -> [Candidate] {
        var kept: [Candidate] = []
        for candidate in candidates.sorted(by: { $0.score > $1.score })
        where kept.allSatisfy({ $0.box.intersectionOverUnion(candidate.box) <= limit }) {
            kept.append(candidate)
        }
        return kept
    }
}
