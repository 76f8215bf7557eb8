import CVips

/// JPEGs that end before their end marker: cameras and broken copies leave such files. Where only the marker or a few last
/// bytes are gone every viewer shows them, and so does this room; where more is gone a face may be, and the photo is
/// refused.
extension Photo {
    /// The end marker (ITU-T T.81, B.1.1.3).
    static let endOfJPEG: [UInt8] = [0xFF, 0xD9]
    /// The largest part of the photo that may be missing without a word.
    private static let negligible = 0.02

    /// Refuses a JPEG of which more is missing than hardly anybody would see.
    ///
    /// - Parameter bytes: with the end marker that the file lacked.
    /// - Throws: `ImagingError` with `damaged`, telling how much is missing.
    static func requireNearlyAll(_ bytes: [UInt8]) throws(ImagingError) {
        let missing = try lend(bytes) { buffer throws(ImagingError) in
            // An eighth of the size is the mean of each block of 8 × 8 pixels, at little cost.
            let picture = try open(buffer, .jpeg, shrink: 8).evaluated(by: .never)
            return missingPart(of: picture)
        }
        guard missing > negligible else { return }
        let percent = max(1, Int((missing * 100).rounded()))
        throw ImagingError(
            .damaged,
            "The file ends early: about \(percent) % of the photo is missing. Copy it anew from where it came from.",
            detail: "no end marker")
    }

    /// The part of the photo, at the ends of its last rows, that libjpeg filled in: all coefficients of what it did not get
    /// are 0, which is the middle grey (jdhuff.c, `insufficient_data`).
    private static func missingPart(of picture: VipsPicture) -> Double {
        guard let data = vips_image_get_data(picture.pointer), picture.format == VIPS_FORMAT_UCHAR else { return 0 }
        let length = picture.width * picture.bands
        let bytes = UnsafeBufferPointer(
            start: data.assumingMemoryBound(to: UInt8.self), count: length * picture.height)
        var filled = 0
        for row in (0..<picture.height).reversed() {
            // An inverted 128, as in CMYK, is 127; colour is smoothed into the first blocks.
            let rest = bytes[row * length..<(row + 1) * length].reversed().prefix { (126...130).contains($0) }
            if rest.count < picture.bands { break }
            filled += rest.count
        }
        return Double(filled) / Double(length * picture.height)
    }
}
