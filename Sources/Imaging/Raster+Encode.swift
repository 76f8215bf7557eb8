import CVips

extension Raster {
    /// Encodes as a baseline JPEG without any metadata.
    ///
    /// - Parameter quality: 1…100.
    /// - Throws: `ImagingError` with code `internal`.
    public func jpeg(quality: Int) throws(ImagingError) -> [UInt8] {
        var buffer: UnsafeMutableRawPointer?
        var length = 0
        guard mien_vips_jpeg(picture.pointer, Int32(min(100, max(1, quality))), &buffer, &length) == 0, let buffer
        else {
            throw ImagingError(.internal, "The picture could not be written.", detail: takeVipsError())
        }
        defer { g_free(buffer) }
        return [UInt8](UnsafeRawBufferPointer(start: buffer, count: length))
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
