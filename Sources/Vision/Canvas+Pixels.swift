import Drawing
import Imaging

extension Canvas {
    /// Draws on pixels.
    ///
    /// - Parameters:
    ///   - pixels: `width` × `height` × 3 bytes, red green blue, row by row.
    ///   - draw: what is drawn.
    /// - Returns: as many pixels, drawn on.
    static func drawn(
        on pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int, _ draw: (Canvas) throws -> Void
    ) throws -> [UInt8] {
        let canvas = try Canvas(width: width, height: height) {
            try PixelOrder.spread(pixels, into: $0, stride: $1, width: width, height: height)
        }
        try draw(canvas)
        return try canvas.withMemory { try PixelOrder.gathered($0, stride: $1, width: width, height: height) }
    }
}
