import CTurboJPEG

extension Raster {
    /// From this quality on colours are kept at full resolution, below it at half of each side.
    private static let fullColourFrom = 90

    /// Encodes as a baseline JPEG without any metadata, through TurboJPEG: the same encoder as behind libvips, whose pipeline takes
    /// half as long again for pixels that are in memory already.
    ///
    /// - Parameter quality: 1…100.
    /// - Throws: `ImagingError` with code `internal`.
    public func jpeg(quality: Int) throws(ImagingError) -> [UInt8] {
        guard let encoder = tjInitCompress() else { throw Self.failure(nil) }
        defer { tjDestroy(encoder) }
        let quality = min(100, max(1, quality))
        let subsampling = quality < Self.fullColourFrom ? TJSAMP_420 : TJSAMP_444
        var buffer: UnsafeMutablePointer<UInt8>?
        var length: UInt = 0
        defer { tjFree(buffer) }
        let pixels = try pixels
        let status = withExtendedLifetime(self) {
            tjCompress2(
                encoder, pixels.baseAddress, Int32(width), 0, Int32(height), Int32(TJPF_RGB.rawValue), &buffer, &length,
                Int32(subsampling.rawValue), Int32(quality), 0)
        }
        guard status == 0, let buffer else { throw Self.failure(encoder) }
        return [UInt8](UnsafeBufferPointer(start: buffer, count: Int(length)))
    }

    private static func failure(_ encoder: tjhandle?) -> ImagingError {
        ImagingError(.internal, "The picture could not be written.", detail: String(cString: tjGetErrorStr2(encoder)))
    }

    /// Encodes at the highest of a few qualities that stays within a size.
    ///
    /// - Parameters:
    ///   - limit: in bytes.
    ///   - qualities: tried in order, the best first.
    /// - Returns: the bytes, or nil when even the last quality is too large.
    public func jpeg(within limit: Int, qualities: [Int]) throws(ImagingError) -> [UInt8]? {
        for quality in qualities {
            let bytes = try jpeg(quality: quality)
            if bytes.count <= limit { return bytes }
        }
        return nil
    }
}
