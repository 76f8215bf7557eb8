import Glibc

/// Counts the passes (scans) in which a JPEG is stored: each costs the decoder a walk over the whole picture before the
/// first pixel is there, where no deadline is looked at.
enum JPEGPasses {
    /// Encoders write about ten, and optimisers up to some fifty; the standard allows thousands.
    static let limit = 100

    /// Refuses a JPEG of more passes than the limit.
    ///
    /// libjpeg decodes a file of 160 KB with 882 passes of 49 megapixels for seven seconds on a core.
    ///
    /// - Returns: whether the picture's data begin and no end marker follows them.
    static func check(_ bytes: [UInt8]) throws(ImagingError) -> Bool {
        let (passes, hasEnd) = walk(bytes, upTo: limit + 1)
        guard passes <= limit else {
            throw ImagingError(
                .damaged, "The photo is stored in more than \(limit) passes. Save it anew as an ordinary JPEG.")
        }
        return passes > 0 && !hasEnd
    }

    /// Counts the passes by the markers (ITU-T T.81, B.1.1): what lies in a segment, such as the thumbnail of an EXIF
    /// block, is no pass of the photo.
    static func count(_ bytes: [UInt8], upTo most: Int) -> Int { walk(bytes, upTo: most).passes }

    private static func walk(_ bytes: [UInt8], upTo most: Int) -> (passes: Int, hasEnd: Bool) {
        bytes.withUnsafeBytes { buffer in
            var (place, passes) = (2, 0)
            while passes < most, let marker = nextMarker(in: buffer, from: place) {
                let code = buffer[marker + 1]
                if code == 0xD9 { return (passes, true) }
                if code == 0xDA { passes += 1 }
                let hasLength = !(0xD0...0xD8).contains(code) && code != 0x01 && marker + 3 < buffer.count
                place = marker + 2 + (hasLength ? Int(buffer[marker + 2]) << 8 | Int(buffer[marker + 3]) : 0)
            }
            return (passes, false)
        }
    }

    /// The place of the next 0xFF that a marker's code follows; stuffed zeros and fill bytes are none.
    private static func nextMarker(in buffer: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = buffer.baseAddress else { return nil }
        var place = start
        while place + 1 < buffer.count, let hit = memchr(base + place, 0xFF, buffer.count - 1 - place) {
            place = UnsafeRawPointer(hit) - base
            let code = buffer[place + 1]
            if code != 0x00, code != 0xFF { return place }
            place += code == 0xFF ? 1 : 2
        }
        return nil
    }
}
