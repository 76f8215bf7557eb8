// Imaging turns the bytes of a stranger's photo into plain sRGB pixels and back into a clean JPEG, through libvips with
// every loader blocked but those for JPEG, PNG and WebP, and where an operator accepts them HEIC and AVIF.

import CVips

/// The state of libvips in this process.
public enum Imaging {
    private static let start: Result<Void, ImagingError> = {
        guard mien_vips_init() == 0 else {
            return .failure(ImagingError(.internal, "The image library did not start.", detail: takeVipsError()))
        }
        mien_vips_silence_warnings()
        // Blocking the untrusted loaders alone leaves TIFF, HEIF and GIF enabled in 8.14, hence all, and three back.
        vips_block_untrusted_set(1)
        vips_operation_block_set("VipsForeignLoad", 1)
        for loader in ["VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp"] {
            vips_operation_block_set(loader, 0)
        }
        // A cache would keep strangers' photos alive; a process per core needs no threads of libvips' own.
        vips_cache_set_max(0)
        vips_concurrency_set(1)
        return .success(())
    }()

    /// Starts libvips once per process; every entry into this room calls it.
    ///
    /// - Throws: `ImagingError` with code `internal` when the library cannot start.
    public static func require() throws(ImagingError) {
        try start.get()
    }

    private static let heif: Void = vips_operation_block_set("VipsForeignLoadHeif", 0)

    /// Allows the loader of HEIC and AVIF in this process; it is called only for photos that may be such.
    static func unblockHEIF() { heif }

    /// Bytes that libvips holds for pixels now, over all images of the process.
    public static var trackedBytes: Int { Int(vips_tracked_get_mem()) }
}

/// Takes the text of libvips' error buffer, which is shared by the whole process, and empties it.
func takeVipsError() -> String {
    guard let text = vips_error_buffer_copy() else { return "" }
    defer { g_free(text) }
    var message = String(cString: text)
    while message.last?.isNewline == true { message.removeLast() }
    return message
}
