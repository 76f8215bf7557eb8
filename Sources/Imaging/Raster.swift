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
            throw .doesNotFit(pixels.count, width: width, height: height)
        }
        let picture = pixels.withUnsafeBytes { buffer in
            vips_image_new_from_memory_copy(
                buffer.baseAddress, buffer.count, Int32(width), Int32(height), 3, VIPS_FORMAT_UCHAR)
        }
        guard let picture else {
            throw ImagingError(.internal, "The picture could not be made.", detail: takeVipsError())
        }
        // `new_from_memory` marks the bands as nothing. Nobody else knows the picture yet.
        picture.pointee.Type = VIPS_INTERPRETATION_sRGB
        try self.init(VipsPicture(owning: picture))
    }

    /// Lends the pixels: `width` × `height` × 3 bytes, red green blue, row by row.
    public func withPixels<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) throws -> R {
        let pixels = try pixels
        return try withExtendedLifetime(self) { try body(pixels) }
    }

    /// The pixels, which are there as long as this object is.
    var pixels: UnsafeBufferPointer<UInt8> {
        get throws(ImagingError) {
            // The size was checked when it was made.
            UnsafeBufferPointer(start: try picture.bytes, count: width * height * 3)
        }
    }

    /// A copy whose longer side is `longSide` pixels.
    ///
    /// - Parameters:
    ///   - wanted: in pixels, at least 1.
    ///   - fast: linear even where the picture grows, for pictures that only a network looks at.
    public func resized(longSide wanted: Int, fast: Bool = false) throws(ImagingError) -> Raster {
        let size = size(longSide: wanted)
        return try resized(width: size.width, height: size.height, fast: fast)
    }

    /// The size that keeps the proportions at another long side.
    public func size(longSide wanted: Int) -> (width: Int, height: Int) {
        let scale = Double(wanted) / Double(longSide)
        return (max(1, Int((Double(width) * scale).rounded())), max(1, Int((Double(height) * scale).rounded())))
    }

    /// A copy of exactly this size.
    public func resized(width: Int, height: Int, fast: Bool = false) throws(ImagingError) -> Raster {
        guard (width, height) != (self.width, self.height) else { return self }
        guard fast || width < self.width else { return try enlarged(width: width, height: height) }
        return try Raster(picture.scaledInMemory(to: (width, height)))
    }

    /// By a cubic, through libvips, which takes long for each pixel that it makes: where a picture is made four times as wide and more,
    /// the last doubling is linear, which cannot be seen between pixels that were made alike.
    private func enlarged(width: Int, height: Int) throws(ImagingError) -> Raster {
        let isMuch = width >= 4 * self.width && height >= 4 * self.height
        let size = isMuch ? (width / 2, height / 2) : (width, height)
        return try Raster(picture.resized(to: size).evaluated(by: .never))
            .resized(width: width, height: height, fast: true)
    }

    /// A part of the picture at a size, at the left top of an otherwise black square: a network's input.
    ///
    /// - Parameters:
    ///   - area: inside of the picture.
    ///   - size: at most `side` in both directions.
    ///   - side: of the square.
    /// - Returns: `side` × `side` × 3 bytes, red green blue, row by row.
    public func square(
        of area: PixelRect, scaledTo size: (width: Int, height: Int), side: Int
    ) throws -> [UInt8] {
        let inside = area.intersection(PixelRect(x: 0, y: 0, width: width, height: height))
        guard inside == area, area.width > 0, area.height > 0, (1...side).contains(size.width),
            (1...side).contains(size.height)
        else {
            throw ImagingError(.internal, "A part outside of the picture was asked for.", detail: "\(area)")
        }
        var result = [UInt8](repeating: 0, count: side * side * 3)
        try withPixels { pixels in
            try result.withUnsafeMutableBufferPointer { target in
                guard let source = pixels.baseAddress, let target = target.baseAddress else { return }
                try PixelScaling.scale(
                    PixelPlane(
                        pointer: source + (area.y * width + area.x) * 3, stride: width * 3, width: area.width,
                        height: area.height),
                    into: PixelPlane(pointer: target, stride: side * 3, width: size.width, height: size.height))
            }
        }
        return result
    }

    /// Cuts out a part; where it reaches over the edge, the edge's pixels are repeated.
    public func extracting(_ rect: PixelRect) throws(ImagingError) -> Raster {
        guard rect.width > 0, rect.height > 0 else {
            throw ImagingError(.internal, "An empty part of a picture was asked for.", detail: "\(rect)")
        }
        let inside = rect.intersection(PixelRect(x: 0, y: 0, width: width, height: height))
        if inside == rect { return try Raster(picture.extracting(rect).evaluated(by: .never)) }
        let operation = try picture.applying {
            mien_vips_embed(
                $0, Int32(-rect.x), Int32(-rect.y), Int32(rect.width), Int32(rect.height), VIPS_EXTEND_COPY, $1)
        }
        return try Raster(operation.evaluated(by: .never))
    }
}
