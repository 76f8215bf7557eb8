import CVips

extension VipsPicture {
    /// Pixels that may lie in memory before they are scaled; larger pictures, which no loader shrank, stream through
    /// libvips instead.
    private static let inMemory = 8_000_000

    /// Resizes to exactly `target` pixels, in memory where the picture is small enough and three bands wide.
    func quicklyResized(to target: (Int, Int), deadline: Deadline) throws(ImagingError) -> VipsPicture {
        guard (width, height) != target else { return self }
        let shrinks = target.0 <= width && target.1 <= height
        guard shrinks, bands == 3, format == VIPS_FORMAT_UCHAR, width * height <= Self.inMemory else {
            return try resized(to: target)
        }
        return try evaluated(by: deadline).scaledInMemory(to: target)
    }

    /// Scales pixels that are in memory, three bands of a byte; profile and orientation stay.
    func scaledInMemory(to target: (Int, Int)) throws(ImagingError) -> VipsPicture {
        let bytes = try bytes
        let count = target.0 * target.1 * 3
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
        defer { memory.deallocate() }
        try PixelScaling.scale(
            PixelPlane(pointer: bytes, stride: width * 3, width: width, height: height),
            into: PixelPlane(pointer: memory, stride: target.0 * 3, width: target.0, height: target.1))
        let made = vips_image_new_from_memory_copy(
            memory, count, Int32(target.0), Int32(target.1), 3, VIPS_FORMAT_UCHAR)
        guard let made else {
            throw ImagingError(.internal, "The picture could not be made.", detail: takeVipsError())
        }
        let scaled = VipsPicture(owning: made)
        made.pointee.Type = interpretation
        vips_image_set_int(made, VIPS_META_ORIENTATION, Int32(orientation))
        copyProfile(to: scaled)
        return scaled
    }

    private func copyProfile(to other: VipsPicture) {
        guard has(VIPS_META_ICC_NAME) else { return }
        var profile: UnsafeRawPointer?
        var length = 0
        // Without a readable profile the picture is shown as if it had none, as everywhere.
        guard vips_image_get_blob(pointer, VIPS_META_ICC_NAME, &profile, &length) == 0 else { return }
        vips_image_set_blob_copy(other.pointer, VIPS_META_ICC_NAME, profile, length)
    }
}
