import CYuv

/// Pixels between the order of a `Raster` (red, green, blue) and that of what draws on pictures (blue, green, red, and a byte that is
/// passed over), by libyuv: byte by byte it took an eighth of the time of a photo of one megapixel.
public enum PixelOrder {
    /// Lays pixels out to be drawn on.
    ///
    /// - Parameters:
    ///   - pixels: `width` × `height` × 3 bytes, red green blue, row by row.
    ///   - memory: takes `height` rows.
    ///   - stride: of the rows there, in bytes, at least `width` × 4.
    ///   - width: in pixels, at least 1.
    ///   - height: in pixels, at least 1.
    /// - Throws: `ImagingError` with code `internal` when sizes do not fit.
    public static func spread(
        _ pixels: UnsafeBufferPointer<UInt8>, into memory: UnsafeMutablePointer<UInt8>, stride: Int, width: Int,
        height: Int
    ) throws(ImagingError) {
        guard pixels.count == width * height * 3,
            // libyuv names orders from the highest byte of a word: its ARGB begins with blue, and RAW is red, green, blue.
            RAWToARGB(pixels.baseAddress, Int32(width * 3), memory, Int32(stride), Int32(width), Int32(height)) == 0
        else { throw .doesNotFit(pixels.count, width: width, height: height) }
    }

    /// The pixels of what was drawn on, laid out as by `spread`: `width` × `height` × 3 bytes, red green blue, row by row.
    public static func gathered(
        _ memory: UnsafePointer<UInt8>, stride: Int, width: Int, height: Int
    ) throws(ImagingError) -> [UInt8] {
        var status: Int32 = -1
        let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
            status = ARGBToRAW(
                memory, Int32(stride), buffer.baseAddress, Int32(width * 3), Int32(width), Int32(height))
            count = status == 0 ? width * height * 3 : 0
        }
        guard status == 0 else { throw .doesNotFit(pixels.count, width: width, height: height) }
        return pixels
    }
}
