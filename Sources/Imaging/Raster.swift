import CVips

/// Pixels in memory: sRGB, 8 bits, three bands, rows without padding.
///
/// `@unchecked Sendable` because the image is fully computed and in memory when the object is made, libvips never
/// changes an image in place here, and its reference counts are atomic.
public final class Raster: @unchecked Sendable {
    /// Width in pixels.
    public let width: Int
    /// Height in pixels.
    public let height: Int
    let picture: VipsPicture

    /// The longer side in pixels.
    public var longSide: Int { max(width, height) }

    init(_ picture: VipsPicture) throws(ImagingError) {
        guard picture.bands == 3, picture.format == VIPS_FORMAT_UCHAR else {
            throw ImagingError(
                .internal, "The photo could not be brought into sRGB.",
                detail: "\(picture.bands) bands of format \(picture.format.rawValue)")
        }
        self.picture = picture
        width = picture.width
        height = picture.height
    }

    /// Makes a raster from its own pixels.
    ///
    /// - Parameters:
    ///   - pixels: `width` × `height` × 3 bytes, red green blue, row by row; copied.
    ///   - width: at least 1.
    ///   - height: at least 1.
    /// - Throws: `ImagingError` with code `internal` when the count does not fit.
    public convenience init(pixels: [UInt8], width: Int, height: Int) throws(ImagingError) {
        try Imaging.require()
        guard width > 0, height > 0, pixels.count == width * height * 3 else {
            throw ImagingError(
                .internal, "The picture's size and pixels do not fit.",
                detail: "\(pixels.count) bytes for \(width) × \(height)")
        }
        let picture = pixels.withUnsafeBytes { buffer in
            vips_image_new_from_memory_copy(
                buffer.baseAddress, buffer.count, Int32(width), Int32(height), 3, VIPS_FORMAT_UCHAR)
        }
        guard let picture else {
            throw ImagingError(.internal, "The picture could not be made.", detail: takeVipsError())
        }
        let owned = VipsPicture(owning: picture)
        // `new_from_memory` marks the bands as sRGB only through a copy: the saver asks for it.
        try self.init(owned.applying { mien_vips_as_srgb($0, $1) }.evaluated(by: .never))
    }

    /// Lends the pixels: `width` × `height` × 3 bytes, red green blue, row by row.
    public func withPixels<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) throws -> R {
        // A memory image answers with its own buffer; the size was checked when it was made.
        guard let data = vips_image_get_data(picture.pointer) else {
            throw ImagingError(.internal, "The picture's pixels are gone.", detail: takeVipsError())
        }
        return try withExtendedLifetime(self) {
            let bytes = data.assumingMemoryBound(to: UInt8.self)
            return try body(UnsafeBufferPointer(start: bytes, count: width * height * 3))
        }
    }

    /// A copy whose longer side is `longSide` pixels.
    ///
    /// - Parameters:
    ///   - wanted: in pixels, at least 1.
    ///   - fast: by linear interpolation instead of Lanczos, for pictures that only a network looks at.
    public func resized(longSide wanted: Int, fast: Bool = false) throws(ImagingError) -> Raster {
        guard wanted != longSide else { return self }
        let scale = Double(wanted) / Double(longSide)
        return try resized(
            width: max(1, Int((Double(width) * scale).rounded())),
            height: max(1, Int((Double(height) * scale).rounded())), fast: fast)
    }

    /// A copy of exactly this size.
    public func resized(width: Int, height: Int, fast: Bool = false) throws(ImagingError) -> Raster {
        guard (width, height) != (self.width, self.height) else { return self }
        let kernel = fast ? VIPS_KERNEL_LINEAR : VIPS_KERNEL_LANCZOS3
        return try Raster(picture.resized(to: (width, height), kernel: kernel).evaluated(by: .never))
    }

    /// Cuts out a part; where it reaches over the edge, the edge's pixels are repeated.
    public func extracting(_ rect: PixelRect) throws(ImagingError) -> Raster {
        guard rect.width > 0, rect.height > 0 else {
            throw ImagingError(.internal, "An empty part of a picture was asked for.", detail: "\(rect)")
        }
        let inside = rect.intersection(PixelRect(x: 0, y: 0, width: width, height: height))
        if inside == rect { return try Raster(picture.extracting(rect).evaluated(by: .never)) }
        return try embedded(
            x: -rect.x, y: -rect.y, width: rect.width, height: rect.height, extend: VIPS_EXTEND_COPY)
    }

    /// Puts the picture at the left top of a larger, black one.
    public func padded(width: Int, height: Int) throws(ImagingError) -> Raster {
        guard (width, height) != (self.width, self.height) else { return self }
        return try embedded(x: 0, y: 0, width: width, height: height, extend: VIPS_EXTEND_BLACK)
    }

    private func embedded(x: Int, y: Int, width: Int, height: Int, extend: VipsExtend) throws(ImagingError) -> Raster {
        let operation = try picture.applying {
            mien_vips_embed($0, Int32(x), Int32(y), Int32(width), Int32(height), extend, $1)
        }
        return try Raster(operation.evaluated(by: .never))
    }
}
