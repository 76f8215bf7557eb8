import CVips

/// One reference to a `VipsImage`, released with the object.
final class VipsPicture {
    typealias Pointer = UnsafeMutablePointer<VipsImage>

    let pointer: Pointer

    /// Takes over a reference.
    init(owning pointer: Pointer) {
        self.pointer = pointer
    }

    deinit {
        mien_vips_unref(pointer)
    }

    var width: Int { Int(vips_image_get_width(pointer)) }
    var height: Int { Int(vips_image_get_height(pointer)) }
    var bands: Int { Int(vips_image_get_bands(pointer)) }
    var interpretation: VipsInterpretation { vips_image_get_interpretation(pointer) }
    var format: VipsBandFormat { vips_image_get_format(pointer) }
    var hasAlpha: Bool { vips_image_hasalpha(pointer) != 0 }

    /// EXIF orientation 1…8.
    var orientation: Int { Int(vips_image_get_orientation(pointer)) }

    func has(_ field: String) -> Bool { vips_image_get_typeof(pointer, field) != 0 }

    /// The bytes of a picture that is in memory, which are there as long as this object is.
    var bytes: UnsafePointer<UInt8> {
        get throws(ImagingError) {
            // A memory image answers with its own buffer.
            guard let data = vips_image_get_data(pointer) else {
                throw ImagingError(.internal, "The picture's pixels are gone.", detail: takeVipsError())
            }
            return UnsafePointer(data.assumingMemoryBound(to: UInt8.self))
        }
    }

    /// Makes a picture by an operation that returns 0 and a new reference, as libvips' operations do.
    static func make(
        _ operation: (UnsafeMutablePointer<Pointer?>) -> Int32
    ) throws(ImagingError) -> VipsPicture {
        var out: Pointer?
        guard operation(&out) == 0, let out else {
            throw ImagingError(
                .damaged, "The photo is damaged and cannot be read.", detail: takeVipsError())
        }
        return VipsPicture(owning: out)
    }

    /// Applies an operation to this picture; nothing is computed before `evaluated(by:)`.
    func applying(
        _ operation: (Pointer, UnsafeMutablePointer<Pointer?>) -> Int32
    ) throws(ImagingError) -> VipsPicture {
        try Self.make { operation(pointer, $0) }
    }

    /// Computes all pixels into memory of libvips' own, so that nothing refers to the source any more.
    ///
    /// libvips checks between strips whether the image was killed, and the `eval` signal comes once per strip: that is
    /// where the deadline is looked at.
    func evaluated(by deadline: Deadline) throws(ImagingError) -> VipsPicture {
        try deadline.check()
        let watch = DeadlineWatch(deadline)
        vips_image_set_progress(pointer, 1)
        let handler = mien_vips_on_progress(
            pointer,
            { image, _, data in
                guard let image, let data else { return }
                if Unmanaged<DeadlineWatch>.fromOpaque(data).takeUnretainedValue().deadline.hasPassed {
                    vips_image_set_kill(image, 1)
                }
            }, Unmanaged.passUnretained(watch).toOpaque())
        // The handler's context is `watch`, alive until the handler is gone.
        defer { withExtendedLifetime(watch) { mien_vips_disconnect(pointer, handler) } }
        guard let memory = vips_image_copy_memory(pointer) else {
            let detail = takeVipsError()
            try deadline.check()
            throw ImagingError(.damaged, "The photo is damaged and cannot be read.", detail: detail)
        }
        // Mere warnings stay in the buffer, and would be taken for the reason of a later failure.
        vips_error_clear()
        return VipsPicture(owning: memory)
    }
}

private final class DeadlineWatch {
    let deadline: Deadline
    init(_ deadline: Deadline) { self.deadline = deadline }
}
