import CVips
import Glibc

// An HEIF container says by irot and imir how its picture is to be turned, and its EXIF data only repeat that (ISO/IEC 23008-12,
// 6.5.10): libheif turns by the container, and libvips takes EXIF's orientation away. But heif-enc and libvips themselves write a
// camera's JPEG as it lies, with its turn in EXIF alone, and the photo would be analysed lying on its side.
extension VipsPicture {
    /// This picture with the orientation of its EXIF data, where the container that it comes from says nothing of a turn.
    ///
    /// - Parameter container: the whole file.
    func orientedByEXIF(unlessTurnedBy container: UnsafeRawBufferPointer) throws(ImagingError) -> VipsPicture {
        guard let orientation = exifData.flatMap(EXIFOrientation.read), orientation > 1 else { return self }
        guard !HEIFTurn.isIn(container) else { return self }
        // Metadata are set on a copy, which shares the pixels: the loader's own picture may be cached by libvips.
        let copy = try applying { mien_vips_copy($0, $1) }
        vips_image_set_int(copy.pointer, VIPS_META_ORIENTATION, Int32(orientation))
        return copy
    }

    /// What libvips keeps of EXIF as it lay in the file; nil where there is none.
    private var exifData: [UInt8]? {
        guard has(VIPS_META_EXIF_NAME) else { return nil }
        var start: UnsafeRawPointer?
        var length = 0
        guard vips_image_get_blob(pointer, VIPS_META_EXIF_NAME, &start, &length) == 0 else { return nil }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: length))
    }
}

/// A turn or a mirror image among the properties of an HEIF container.
enum HEIFTurn {
    /// The whole boxes' heads (ISO/IEC 23008-12, 6.5.10 and 6.5.12): a size of nine bytes and the name. Eight given bytes do not
    /// come up in compressed pixels by chance, so the boxes around them need not be read.
    private static let boxes = ["irot", "imir"].map { [0, 0, 0, 9] + Array($0.utf8) }

    static func isIn(_ container: UnsafeRawBufferPointer) -> Bool {
        guard let start = container.baseAddress else { return false }
        return boxes.contains { memmem(start, container.count, $0, $0.count) != nil }
    }
}

/// The orientation in EXIF data (TIFF 6.0 and EXIF 2.3, tag 0x0112).
enum EXIFOrientation {
    /// 1…8; nil where the data say none, or are not whole.
    static func read(_ exif: [UInt8]) -> Int? {
        let tiff = exif.starts(with: "Exif\0\0".utf8) ? exif.dropFirst(6) : exif[...]
        let isLittle = tiff.starts(with: "II".utf8)
        guard isLittle || tiff.starts(with: "MM".utf8) else { return nil }
        func number(at offset: Int, bytes: Int) -> Int? {
            let field = tiff.dropFirst(offset).prefix(bytes)
            guard field.count == bytes else { return nil }
            return (isLittle ? field.reversed() : Array(field)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(at: 4, bytes: 4), let entries = number(at: directory, bytes: 2) else { return nil }
        for entry in 0..<entries {
            let place = directory + 2 + 12 * entry
            guard let tag = number(at: place, bytes: 2) else { return nil }
            // Three is the type of a SHORT, whose value stands in the first two of the field's four bytes.
            guard tag == 0x0112, number(at: place + 2, bytes: 2) == 3 else { continue }
            return number(at: place + 8, bytes: 2).flatMap { (1...8).contains($0) ? $0 : nil }
        }
        return nil
    }
}
