/// What a file's first bytes say it is. The gateway looks no further: decoding is the workers' business.
public enum PhotoFormat: Equatable {
    /// Accepted; its media type.
    case photo(contentType: String)
    /// Something else, by name where it is recognised.
    case other(name: String)
    case empty

    /// How many bytes `init` wants to see.
    public static let signatureLength = 16

    /// - Parameter acceptsHEIF: Whether HEIC and AVIF are photos here.
    public init(firstBytes bytes: some Collection<UInt8>, acceptsHEIF: Bool = false) {
        let start = Array(bytes.prefix(Self.signatureLength))
        func starts(_ signature: [UInt8], at offset: Int = 0) -> Bool {
            start.count >= offset + signature.count && Array(start[offset..<offset + signature.count]) == signature
        }
        if start.isEmpty {
            self = .empty
        } else if starts([0xFF, 0xD8, 0xFF]) {
            self = .photo(contentType: "image/jpeg")
        } else if starts([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .photo(contentType: "image/png")
        } else if starts(Array("RIFF".utf8)), starts(Array("WEBP".utf8), at: 8) {
            self = .photo(contentType: "image/webp")
        } else if acceptsHEIF, starts(Array("ftyp".utf8), at: 4), let type = Self.stillTypes[Self.brand(start)] {
            self = .photo(contentType: type)
        } else {
            self = .other(name: Self.name(start, starts: starts))
        }
    }

    /// Brands of still pictures (ISO/IEC 23008-12, annex B; AV1 Image File Format, 6) and what they are served as.
    fileprivate static let stillTypes = [
        "heic": "image/heic", "heix": "image/heic", "heim": "image/heic", "heis": "image/heic", "mif1": "image/heif",
        "avif": "image/avif",
    ]

    private static func brand(_ start: [UInt8]) -> String {
        String(decoding: start.dropFirst(8).prefix(4), as: UTF8.self)
    }

    private static func name(_ start: [UInt8], starts: ([UInt8], Int) -> Bool) -> String {
        if starts(Array("ftyp".utf8), 4) {
            return switch brand(start) {
            case "avif": "AVIF photos are"
            case "avis": "AVIF sequences are"
            case "heic", "heix", "heim", "heis", "mif1": "HEIC photos are"
            case "hevc", "hevx", "msf1": "HEIC sequences are"
            default: "Videos are"
            }
        }
        let known: [([UInt8], String)] = [
            (Array("GIF8".utf8), "GIF pictures are"), (Array("BM".utf8), "BMP pictures are"),
            ([0x49, 0x49, 0x2A, 0x00], "TIFF and camera raw pictures are"),
            ([0x4D, 0x4D, 0x00, 0x2A], "TIFF and camera raw pictures are"),
            (Array("%PDF".utf8), "PDF documents are"), (Array("PK".utf8), "ZIP archives are"),
            (Array("<svg".utf8), "SVG drawings are"),
        ]
        if let match = known.first(where: { starts($0.0, 0) }) { return match.1 }
        let isText = start.allSatisfy { $0 == 9 || $0 == 10 || $0 == 13 || ($0 >= 32 && $0 != 127) }
        return isText ? "Text files are" : "Files of this kind are"
    }
}

/// What a site accepts, in the words of its pages and refusals.
public enum AcceptedFormats {
    /// "JPEG, PNG or WebP"
    public static func words(acceptsHEIF: Bool) -> String {
        acceptsHEIF ? "JPEG, PNG, WebP, HEIC or AVIF" : "JPEG, PNG or WebP"
    }

    /// For a file field's `accept`.
    public static func mediaTypes(acceptsHEIF: Bool) -> String {
        "image/jpeg,image/png,image/webp" + (acceptsHEIF ? ",image/heic,image/heif,image/avif" : "")
    }

    /// For the page's own check of a file: the brands of HEIC and AVIF, with spaces between them.
    public static func stillBrands(acceptsHEIF: Bool) -> String {
        acceptsHEIF ? PhotoFormat.stillTypes.keys.sorted().joined(separator: " ") : ""
    }
}
