import CVips

/// Photos that end before their last byte: cameras and broken copies leave such files. Where only an end marker or a few last
/// bytes are gone every viewer shows them; where more is gone, what is there can still be seen.
extension Photo {
    /// A part of a photo that its file lacks.
    public struct MissingPart: Sendable, Equatable {
        /// Where it is, in pixels of the oriented photo; from where the file ends, at one side of the photo.
        public var region: PixelRect
        /// Of all pixels, 0…1.
        public var share: Double
    }

    /// The end marker (ITU-T T.81, B.1.1.3).
    static let endOfJPEG: [UInt8] = [0xFF, 0xD9]
    /// The largest part that may be missing without a word: hardly anybody would see it.
    private static let negligible = 0.02

    /// What is filled in may take more bytes to decode than what it stands for.
    private static let reserve = 65_536

    /// What a loader takes for the whole of a file that ends early; nil for one that does not.
    ///
    /// - Throws: `ImagingError` with `damaged`.
    static func completed(_ bytes: [UInt8], _ format: PhotoFormat) throws(ImagingError) -> [UInt8]? {
        switch format {
        case .jpeg: try JPEGPasses.check(bytes) ? bytes + endOfJPEG : nil
        case .webp: try completedWebP(bytes, by: 0)
        case .png, .heif: nil
        }
    }

    /// A WebP that is shorter than its head says (RFC 9649, 2.4), which the loader refuses: its picture is filled up to the length
    /// that it claims, and what begins later is left out.
    private static func completedWebP(_ bytes: [UInt8], by filling: UInt8) throws(ImagingError) -> [UInt8]? {
        func number(at place: Int) -> Int { bytes[place..<place + 4].reversed().reduce(0) { $0 << 8 | Int($1) } }
        guard bytes.count >= 12, 8 + number(at: 4) > bytes.count else { return nil }
        var (place, isAnimated, whole) = (12, false, bytes)
        func write(_ number: Int, at place: Int) {
            for index in 0..<4 { whole[place + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
        }
        while place + 8 <= bytes.count {
            let (kind, length) = (bytes[place..<place + 4], number(at: place + 4))
            let end = place + 8 + length + length % 2
            let isFrame = kind.elementsEqual("ANMF".utf8)
            if end > bytes.count {
                let isPicture = kind.starts(with: "VP8".utf8) && !kind.elementsEqual("VP8X".utf8)
                guard isPicture || isFrame && !isAnimated else { break }
                // A head may claim four gigabytes.
                guard end <= 4 * bytes.count else { throw mostMissing(1 - Double(bytes.count) / Double(end)) }
                whole += [UInt8](repeating: filling, count: end + (isPicture ? reserve : 0) - bytes.count)
                if isPicture { write(length + length % 2 + reserve, at: place + 4) }
                place = whole.count
                break
            }
            isAnimated = isAnimated || isFrame
            place = end
        }
        whole.removeLast(whole.count - place)
        write(whole.count - 8, at: 4)
        return whole
    }

    private static func mostMissing(_ share: Double) -> ImagingError {
        ImagingError(
            .damaged, "The file ends early: about \(percent(share)) % of it is missing. \(advice)")
    }

    /// Something is missing, and something is there.
    fileprivate static func percent(_ share: Double) -> Int { min(99, max(1, Int((share * 100).rounded()))) }

    /// What is missing of a photo whose file ends early.
    ///
    /// - Parameters:
    ///   - bytes: as they came.
    ///   - completed: as they are decoded.
    /// - Returns: the first stored row with missing pixels, as a part of all rows, and the share of missing pixels; nil where
    ///   hardly anything is missing.
    /// - Throws: `ImagingError` with `damaged`.
    static func missing(
        of bytes: [UInt8], completed: [UInt8], _ format: PhotoFormat
    ) throws(ImagingError) -> (from: Double, share: Double)? {
        let picture = try small(completed, format)
        var (row, filled) = (0, 0.0)
        if format == .webp {
            guard let other = try completedWebP(bytes, by: 0x10) else { return nil }
            row = firstDifference(picture, try small(other, format))
            filled = Double((picture.height - row) * picture.width)
        } else {
            (row, filled) = greyEnd(of: picture)
        }
        let share = filled / Double(picture.width * picture.height)
        return share > negligible ? (Double(row) / Double(picture.height), share) : nil
    }

    /// An eighth of the size is the mean of each block of 8 × 8 pixels, at little cost.
    private static func small(_ bytes: [UInt8], _ format: PhotoFormat) throws(ImagingError) -> VipsPicture {
        do throws(ImagingError) {
            return try lend(bytes) { buffer throws(ImagingError) in
                try open(buffer, format, shrink: 8).evaluated(by: .never)
            }
        } catch {
            throw ImagingError(
                .damaged, "The file ends early, and what there is of the photo cannot be read. \(advice)",
                detail: error.detail)
        }
    }

    static let advice = "Copy it anew from where it came from."

    /// The first row of two pictures of one size that is not the same in both: what does not come from the file depends on what
    /// the file was filled up with.
    private static func firstDifference(_ one: VipsPicture, _ other: VipsPicture) -> Int {
        guard let a = pixels(of: one), let b = pixels(of: other), a.count == b.count else { return 0 }
        let length = a.count / one.height
        let first = (0..<one.height).first { row in
            !a[row * length..<(row + 1) * length].elementsEqual(b[row * length..<(row + 1) * length])
        }
        // In the mean of so many pixels a small difference is rounded away.
        return first.map { max(0, $0 - 1) } ?? one.height
    }

    private static func pixels(of picture: VipsPicture) -> UnsafeBufferPointer<UInt8>? {
        guard let data = vips_image_get_data(picture.pointer), picture.format == VIPS_FORMAT_UCHAR else { return nil }
        return UnsafeBufferPointer(
            start: data.assumingMemoryBound(to: UInt8.self), count: picture.width * picture.bands * picture.height)
    }

    /// What libjpeg filled in at the ends of the last rows: all coefficients of what it did not get are 0, which is the middle
    /// grey (jdhuff.c, `insufficient_data`).
    ///
    /// - Returns: the first row with such pixels, and how many there are.
    private static func greyEnd(of picture: VipsPicture) -> (row: Int, count: Double) {
        guard let bytes = pixels(of: picture) else { return (picture.height, 0) }
        let length = picture.width * picture.bands
        var (first, filled) = (picture.height, 0)
        for row in (0..<picture.height).reversed() {
            // An inverted 128, as in CMYK, is 127; colour is smoothed into the first blocks.
            let rest = bytes[row * length..<(row + 1) * length].reversed().prefix { (126...130).contains($0) }
            if rest.count < picture.bands { break }
            filled += rest.count
            first = row
        }
        return (first, Double(filled) / Double(picture.bands))
    }

    /// The part of the oriented photo that holds the stored rows from one on (EXIF 2.3, tag 0x0112).
    static func region(from part: Double, width: Int, height: Int, orientation: Int) -> PixelRect {
        let rows = orientation >= 5 ? width : height
        let first = Int((part * Double(rows)).rounded(.down))
        let rest = rows - first
        return switch orientation {
        case 3, 4: PixelRect(x: 0, y: 0, width: width, height: rest)
        case 5, 8: PixelRect(x: first, y: 0, width: rest, height: height)
        case 6, 7: PixelRect(x: 0, y: 0, width: rest, height: height)
        default: PixelRect(x: 0, y: first, width: width, height: rest)
        }
    }
}

extension Photo.MissingPart {
    /// Such as "The file ends early: about 40 % of the photo is missing.", with what to do.
    ///
    /// - Parameter rest: said of what is there.
    public func words(_ rest: String) -> String {
        "The file ends early: about \(Photo.percent(share)) % of the photo is missing\(rest). \(Photo.advice)"
    }
}
