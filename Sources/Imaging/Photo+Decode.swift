import CVips

extension Photo {
    /// Decodes the whole photo: oriented, in sRGB with 8 bits and three bands, transparency laid on white, and no
    /// metadata.
    ///
    /// - Parameters:
    ///   - longSide: the longest side wanted, in pixels; a smaller photo keeps its size.
    ///   - deadline: when to give up.
    /// - Throws: `ImagingError` with `damaged` or `timed_out`.
    public func decode(longSide wanted: Int, deadline: Deadline = .never) throws(ImagingError) -> Raster {
        let scale = min(1, Double(wanted) / Double(longSide))
        return try Self.lend(bytes) { buffer throws(ImagingError) in
            let loaded = try Self.open(buffer, format, shrink: loaderShrink(scale: scale))
            // The loader rounds its shrunk size, so the target is computed from the stored one.
            let stored = isTurned ? (height, width) : (width, height)
            let target = (
                max(1, Int((Double(stored.0) * scale).rounded())), max(1, Int((Double(stored.1) * scale).rounded()))
            )
            let flat = try loaded.opaqueEightBit()
            let resized = try flat.quicklyResized(to: target, deadline: deadline)
            let colour = try resized.standardColour()
            return try colour.evaluated(by: deadline).upright()
        }
    }

    /// Decodes a part of the photo, for details that the whole at a bearable size would lose.
    ///
    /// - Parameters:
    ///   - region: in pixels of the oriented photo; what lies outside the photo is cut off.
    ///   - scale: pixels of the result per pixel of the photo, at most 1.
    ///   - deadline: when to give up.
    /// - Throws: `ImagingError` with `damaged`, `timed_out`, or `internal` when the region lies outside.
    public func decode(
        region: PixelRect, scale: Double, deadline: Deadline = .never
    ) throws(ImagingError) -> (raster: Raster, region: PixelRect) {
        let visible = region.intersection(PixelRect(x: 0, y: 0, width: width, height: height))
        guard visible.width > 0, visible.height > 0, scale > 0 else {
            throw ImagingError(.internal, "A part outside of the photo was asked for.", detail: "\(region)")
        }
        let raster = try Self.lend(bytes) { buffer throws(ImagingError) in
            let shrink = loaderShrink(scale: scale)
            let loaded = try Self.open(buffer, format, shrink: shrink)
            let area = stored(visible)
                .scaled(
                    byX: Double(loaded.width) / Double(isTurned ? height : width),
                    byY: Double(loaded.height) / Double(isTurned ? width : height)
                )
                .intersection(PixelRect(x: 0, y: 0, width: loaded.width, height: loaded.height))
            let part = try loaded.opaqueEightBit().extracting(area)
            let turned = isTurned ? (visible.height, visible.width) : (visible.width, visible.height)
            let factor = min(1, scale)
            let target = (
                max(1, Int((Double(turned.0) * factor).rounded())), max(1, Int((Double(turned.1) * factor).rounded()))
            )
            let colour = try part.quicklyResized(to: target, deadline: deadline).standardColour()
            return try colour.evaluated(by: deadline).upright()
        }
        return (raster, visible)
    }

    /// The largest shrink that the loader can do (JPEG in the frequency domain, WebP while scaling) and that still
    /// leaves at least the wanted size for the resize.
    private func loaderShrink(scale: Double) -> Int {
        guard format == .jpeg || format == .webp else { return 1 }
        return [8, 4, 2].first { scale * Double($0) <= 1 } ?? 1
    }

    /// Where a part of the oriented photo lies in the stored rows (EXIF 2.3, tag 0x0112).
    private func stored(_ rect: PixelRect) -> PixelRect {
        let (x, y, w, h) = (rect.x, rect.y, rect.width, rect.height)
        return switch orientation {
        case 2: PixelRect(x: width - x - w, y: y, width: w, height: h)
        case 3: PixelRect(x: width - x - w, y: height - y - h, width: w, height: h)
        case 4: PixelRect(x: x, y: height - y - h, width: w, height: h)
        case 5: PixelRect(x: y, y: x, width: h, height: w)
        case 6: PixelRect(x: y, y: width - x - w, width: h, height: w)
        case 7: PixelRect(x: height - y - h, y: width - x - w, width: h, height: w)
        case 8: PixelRect(x: height - y - h, y: x, width: h, height: w)
        default: rect
        }
    }
}
