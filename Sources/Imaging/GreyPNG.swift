import CVips

/// Writes grey pixels as they are, without loss.
public enum GreyPNG {
    /// - Parameter pixels: a byte for each, row by row.
    /// - Throws: `ImagingError` with code `internal`.
    public static func encode(_ pixels: [UInt8], width: Int, height: Int) throws(ImagingError) -> [UInt8] {
        try Imaging.require()
        guard width > 0, height > 0, pixels.count == width * height else {
            throw ImagingError(.internal, "The picture has another size.", detail: "\(pixels.count) bytes")
        }
        let picture = pixels.withUnsafeBytes { bytes in
            vips_image_new_from_memory_copy(
                bytes.baseAddress, bytes.count, Int32(width), Int32(height), 1, VIPS_FORMAT_UCHAR)
        }
        guard let picture else {
            throw ImagingError(.internal, "The picture could not be made.", detail: takeVipsError())
        }
        // `new_from_memory` marks the band as nothing.
        picture.pointee.Type = VIPS_INTERPRETATION_B_W
        let owned = VipsPicture(owning: picture)
        var buffer: UnsafeMutableRawPointer?
        var length = 0
        let status = mien_vips_png(owned.pointer, &buffer, &length)
        guard status == 0, let buffer else {
            throw ImagingError(.internal, "The picture could not be written.", detail: takeVipsError())
        }
        defer { g_free(buffer) }
        return [UInt8](UnsafeRawBufferPointer(start: buffer, count: length))
    }
}
