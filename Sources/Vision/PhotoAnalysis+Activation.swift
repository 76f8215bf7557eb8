import Drawing
import Imaging

extension PhotoAnalysis {
    /// The preview with each face's activation map laid over the square that was classified: the warmer, the more that
    /// place spoke for the face's emotion.
    ///
    /// - Returns: a JPEG, or nil when no face has a map.
    /// - Throws: `ImagingError` with code `internal`.
    public func activationPicture() throws -> [UInt8]? {
        let mapped = faces.compactMap { face in face.activation.map { (face, $0) } }
        guard !mapped.isEmpty else { return nil }
        let raster = try Photo(clean).decode(longSide: max(previewWidth, previewHeight))
        var pixels = try raster.withPixels { [UInt8]($0) }
        let turn = PhotoTurn(rawValue: rotation) ?? .none
        let scale = Double(raster.longSide) / Double(max(width, height))
        // The largest face comes first; a smaller one before it stays visible.
        for (face, map) in mapped {
            let square = face.square.turned(by: turn, width: width, height: height)
            Self.lay(map.heat, on: square.scaled(by: scale), of: &pixels, width: raster.width, height: raster.height)
        }
        return try Raster(pixels: pixels, width: raster.width, height: raster.height).jpeg(quality: 88)
    }

    private static func lay(
        _ map: HeatMap, on square: CropSquare, of pixels: inout [UInt8], width: Int, height: Int
    ) {
        let area = square.pixels.intersection(PixelRect(x: 0, y: 0, width: width, height: height))
        for y in area.y..<(area.y + area.height) {
            for x in area.x..<(area.x + area.width) {
                let place = square.fraction(x: Double(x) + 0.5, y: Double(y) + 0.5)
                guard square.angle == 0 || (0...1).contains(place.x) && (0...1).contains(place.y) else { continue }
                let tint = HeatMap.tint(map.strength(x: place.x, y: place.y))
                let index = (y * width + x) * 3
                for (band, colour) in [tint.red, tint.green, tint.blue].enumerated() {
                    let mixed = Double(pixels[index + band]) * (1 - tint.opacity) + colour * 255 * tint.opacity
                    pixels[index + band] = UInt8(max(0, min(255, mixed.rounded())))
                }
            }
        }
    }
}
