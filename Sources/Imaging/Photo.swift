import CVips

/// A photo of which only the header has been read.
public struct Photo: Sendable {
    /// The file's bytes; one that ended early is filled up, so that it can be decoded.
    public let bytes: [UInt8]
    /// The format, by signature.
    public let format: PhotoFormat
    /// Width in pixels, after orientation.
    public let width: Int
    /// Height in pixels, after orientation.
    public let height: Int
    /// EXIF orientation 1…8 as stored; 1 where there is none, and where an HEIF container has its own turn.
    public let orientation: Int
    /// What the file lacks of the photo because it ends early; nil when it is all there, or hardly anything is gone.
    public let missing: MissingPart?

    /// The longer side in pixels.
    public var longSide: Int { max(width, height) }

    /// Whether the stored rows are columns of the photo as it is meant to be seen.
    var isTurned: Bool { orientation >= 5 }

    /// Reads the header and checks the claimed size before any pixel is decoded.
    ///
    /// A valid header says nothing about the pixels: damage may show only in `decode`.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - maxPixels: the largest accepted product of width and height.
    ///   - acceptsHEIF: whether HEIC and AVIF are read as well; off, since their decoders are the least proven ones.
    /// - Throws: `ImagingError` with `unsupported_format`, `damaged` or `too_many_pixels`.
    public init(
        _ bytes: [UInt8], maxPixels: Int = 50_000_000, acceptsHEIF: Bool = false
    ) throws(ImagingError) {
        try Imaging.require()
        let format = try PhotoFormat.recognise(bytes, acceptsHEIF: acceptsHEIF)
        if format == .heif { Imaging.unblockHEIF() }
        let completed = try Self.completed(bytes, format)
        let header = try Self.lend(completed ?? bytes) { buffer throws(ImagingError) in
            let picture = try Self.open(buffer, format, shrink: 1)
            return (width: picture.width, height: picture.height, orientation: picture.orientation)
        }
        guard header.width > 0, header.height > 0 else {
            throw ImagingError(.damaged, "The photo is damaged and cannot be read.", detail: "no pixels")
        }
        let (pixels, overflow) = header.width.multipliedReportingOverflow(by: header.height)
        guard !overflow, pixels <= maxPixels else {
            throw ImagingError(
                .tooManyPixels,
                "The photo has \(header.width) × \(header.height) pixels. "
                    + "At most \(maxPixels / 1_000_000) megapixels are accepted.")
        }
        let lacks = try completed.flatMap { completed throws(ImagingError) in
            try Self.missing(of: bytes, completed: completed, format)
        }
        self.bytes = completed ?? bytes
        self.format = format
        orientation = (1...8).contains(header.orientation) ? header.orientation : 1
        let turned = orientation >= 5
        width = turned ? header.height : header.width
        height = turned ? header.width : header.height
        missing = lacks.map { [width, height, orientation] lacks in
            MissingPart(
                region: Self.region(from: lacks.from, width: width, height: height, orientation: orientation),
                share: lacks.share)
        }
    }

    /// Opens a loader on the bytes; `shrink` is 1, 2, 4 or 8 and applied by the loader where it can.
    static func open(
        _ buffer: UnsafeRawBufferPointer, _ format: PhotoFormat, shrink: Int
    ) throws(ImagingError) -> VipsPicture {
        let picture = try VipsPicture.make { out in
            switch format {
            case .jpeg: mien_vips_open_jpeg(buffer.baseAddress, buffer.count, Int32(shrink), out)
            case .png: mien_vips_open_png(buffer.baseAddress, buffer.count, out)
            case .webp: mien_vips_open_webp(buffer.baseAddress, buffer.count, 1 / Double(shrink), out)
            case .heif: mien_vips_open_heif(buffer.baseAddress, buffer.count, out)
            }
        }
        return format == .heif ? try picture.orientedByEXIF(unlessTurnedBy: buffer) : picture
    }

    /// Lends the bytes with a typed error, which `withUnsafeBytes` cannot carry.
    static func lend<R>(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(ImagingError) -> R
    ) throws(ImagingError) -> R {
        let result: Result<R, ImagingError> = bytes.withUnsafeBytes { buffer in
            do throws(ImagingError) { return .success(try body(buffer)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
