import CYuv

/// Pixels of three bytes in somebody's memory, rows `stride` bytes apart.
struct PixelPlane<Pointer> {
    let pointer: Pointer
    let stride: Int
    let width: Int
    let height: Int
}

/// Scales pixels in memory by libyuv: a tenth of the time of libvips' resampling, which pays off where a photo is scaled
/// several times.
enum PixelScaling {
    typealias Source = PixelPlane<UnsafePointer<UInt8>>
    typealias Target = PixelPlane<UnsafeMutablePointer<UInt8>>

    /// Halves by averaging until less than half is missing, since libyuv looks at two by two pixels only, and goes the
    /// rest of the way by linear interpolation.
    ///
    /// - Throws: `ImagingError` with code `internal` when libyuv refuses the sizes.
    static func scale(_ source: Source, into target: Target) throws(ImagingError) {
        var source = source
        var halves: [UnsafeMutablePointer<UInt8>] = []
        defer { halves.forEach { $0.deallocate() } }
        while source.width >= 2 * target.width, source.height >= 2 * target.height {
            let (width, height) = (source.width / 2, source.height / 2)
            let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: width * height * 3)
            halves.append(memory)
            // Exactly half, which is where libyuv averages; an odd last row or column is left out.
            let even = Source(
                pointer: source.pointer, stride: source.stride, width: width * 2, height: height * 2)
            try step(even, into: Target(pointer: memory, stride: width * 3, width: width, height: height))
            source = Source(pointer: UnsafePointer(memory), stride: width * 3, width: width, height: height)
        }
        try step(source, into: target)
    }

    private static func step(_ source: Source, into target: Target) throws(ImagingError) {
        // libyuv would go through four bytes a pixel and back.
        if source.width == target.width, source.height == target.height {
            for row in 0..<source.height {
                (target.pointer + row * target.stride).update(
                    from: source.pointer + row * source.stride, count: source.width * 3)
            }
            return
        }
        // libyuv does not look at the order of the bands.
        let status = RGBScale(
            source.pointer, Int32(source.stride), Int32(source.width), Int32(source.height), target.pointer,
            Int32(target.stride), Int32(target.width), Int32(target.height), kFilterBox)
        guard status == 0 else {
            throw ImagingError(
                .internal, "The picture could not be scaled.",
                detail: "libyuv \(status): \(source.width) × \(source.height) to \(target.width) × \(target.height)")
        }
    }
}
