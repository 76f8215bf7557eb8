/// The formats that are accepted, told by their signatures and never by a name or a header somebody sent.
public enum PhotoFormat: String, Sendable, CaseIterable {
    /// JPEG (ISO 10918).
    case jpeg
    /// PNG.
    case png
    /// WebP, of which only the first frame is used.
    case webp
    /// HEIC and AVIF, of which only the primary picture is used; accepted only where the operator says so.
    case heif

    /// Recognises a format by its first bytes.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - acceptsHEIF: whether HEIC and AVIF are photos here.
    /// - Throws: `ImagingError` with code `unsupported_format`, naming what the file is where that can be told, or
    ///   `damaged` for an empty file.
    public static func recognise(_ bytes: [UInt8], acceptsHEIF: Bool = false) throws(ImagingError) -> PhotoFormat {
        guard !bytes.isEmpty else { throw ImagingError(.damaged, "The file is empty.") }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) { return .webp }
        if acceptsHEIF, ForeignFormat.isStillHEIF(bytes) { return .heif }
        let advice = acceptsHEIF ? "Use JPEG, PNG, WebP, HEIC or AVIF." : "Use JPEG, PNG or WebP."
        guard let name = ForeignFormat.name(of: bytes) else {
            throw ImagingError(.unsupportedFormat, "This file is no photo that can be read. \(advice)")
        }
        throw ImagingError(.unsupportedFormat, "\(name) are not accepted. \(advice)")
    }
}

/// Names for what people send by mistake, so that the message can say what the file is.
enum ForeignFormat {
    private static let signatures: [(offset: Int, bytes: [UInt8], name: String)] = [
        (0, Array("GIF8".utf8), "GIF pictures"),
        (0, [0x49, 0x49, 0x2A, 0x00], "TIFF and camera raw pictures"),
        (0, [0x4D, 0x4D, 0x00, 0x2A], "TIFF and camera raw pictures"),
        (0, Array("%PDF".utf8), "PDF documents"),
        (0, Array("BM".utf8), "BMP pictures"),
        (0, Array("8BPS".utf8), "Photoshop documents"),
        (0, [0xFF, 0x0A], "JPEG XL pictures"),
        (0, [0x00, 0x00, 0x00, 0x0C, 0x4A, 0x58, 0x4C, 0x20], "JPEG XL pictures"),
        (0, [0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20], "JPEG 2000 pictures"),
        (0, [0x00, 0x00, 0x01, 0x00], "icons"),
        (0, Array("PK\u{03}\u{04}".utf8), "ZIP archives and office documents"),
        (0, [0x1F, 0x8B], "gzip archives"),
        (0, [0xD0, 0xCF, 0x11, 0xE0], "office documents"),
        (0, [0x1A, 0x45, 0xDF, 0xA3], "videos"),
        (8, Array("AVI ".utf8), "videos"),
        (8, Array("WAVE".utf8), "sound files"),
        (0, Array("ID3".utf8), "sound files"),
    ]

    private static let brands: [String: String] = [
        "heic": "HEIC photos", "heix": "HEIC photos", "hevc": "HEIC sequences", "hevx": "HEIC sequences",
        "heim": "HEIC photos", "heis": "HEIC photos", "mif1": "HEIC photos", "msf1": "HEIC sequences",
        "avif": "AVIF pictures", "avis": "AVIF sequences", "crx ": "camera raw pictures",
    ]
    /// Brands of still pictures (ISO/IEC 23008-12, annex B; AV1 Image File Format, 6).
    private static let stillBrands: Set<String> = ["heic", "heix", "heim", "heis", "mif1", "avif"]

    /// Whether the file calls itself a still picture in an HEIF container.
    static func isStillHEIF(_ bytes: [UInt8]) -> Bool {
        bytes.dropFirst(4).starts(with: "ftyp".utf8)
            && stillBrands.contains(String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self))
    }

    /// What the bytes look like, in the plural, or nil when nothing is recognised.
    static func name(of bytes: [UInt8]) -> String? {
        if bytes.dropFirst(4).starts(with: "ftyp".utf8) {
            let brand = String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self)
            return brands[brand] ?? "videos"
        }
        for signature in signatures where bytes.dropFirst(signature.offset).starts(with: signature.bytes) {
            return signature.name
        }
        return textName(of: bytes)
    }

    /// Tells markup and plain text, by the first 512 bytes, from binary data.
    private static func textName(of bytes: [UInt8]) -> String? {
        let head = bytes.prefix(512)
        guard head.allSatisfy({ $0 >= 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) else { return nil }
        let text = String(decoding: head, as: UTF8.self).lowercased().drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        if text.contains("<svg") { return "SVG drawings" }
        if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") { return "web pages" }
        return "text files"
    }
}
