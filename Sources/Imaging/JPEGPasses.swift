import Glibc

/// Counts the passes (scans) in which a JPEG is stored: each costs the decoder a walk over the whole picture before the
/// first pixel is there, where no deadline is looked at.
enum JPEGPasses {
    /// Encoders write about ten, and optimisers up to some fifty; the standard allows thousands.
    static let limit = 100

    /// Refuses a JPEG of more passes than the limit.
    ///
    /// libjpeg decodes a file of 160 KB with 882 passes of 49 megapixels for seven seconds on a core.
    static func check(_ bytes: [UInt8]) throws(ImagingError) {
        guard count(bytes, upTo: limit + 1) <= limit else {
            throw ImagingError(
                .damaged, "The photo is stored in more than \(limit) passes. Save it anew as an ordinary JPEG.")
        }
    }

    /// Walks over the markers (ITU-T T.81, B.1.1): what lies in a segment, such as the thumbnail of an EXIF block, is
    /// no pass of the photo.
    static func count(_ bytes: [UInt8], upTo most: Int) -> Int {
        bytes.withUnsafeBytes { buffer in
            var (place, passes) = (2, 0)
            while passes < most, let marker = nextMarker(in: buffer, from: place) {
                let code = buffer[marker + 1]
                if code == 0xD9 { break }
                if code == 0xDA { passes += 1 }
                let hasLength = !(0xD0...0xD8).contains(code) && code != 0x01 && marker + 3 < buffer.count
                place = marker + 2 + (hasLength ? Int(buffer[marker + 2]) << 8 | Int(buffer[marker + 3]) : 0)
            }
            return passes
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
