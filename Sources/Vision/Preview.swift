import Contracts
import Drawing
import Imaging

/// The pictures that are shown: with boxes, without, and small.
struct Preview: Sendable {
    /// Long side of the larger pictures.
    static let longSide = 1600
    /// Smaller photos are enlarged to this, so that labels have room.
    static let leastLongSide = 480
    private static let thumbnailSide = 320
    private static let budget = 850_000
    private static let thumbnailBudget = 40_000
    /// The first is where libjpeg's files stop shrinking quickly: 82 takes a third more bytes, which broker and database
    /// carry for each photo, for a difference that is hard to see.
    private static let qualities = [76, 68, 58, 48, 38]

    let annotated: [UInt8]
    let clean: [UInt8]
    let thumbnail: [UInt8]
    let width: Int
    let height: Int

    /// Draws the previews of a photo.
    ///
    /// - Parameters:
    ///   - raster: the oriented photo, its long side at most 1600.
    ///   - faces: with boxes in pixels of the original.
    ///   - size: of the original, in pixels.
    ///   - turn: by how much the pictures are turned.
    ///   - deadline: when to give up.
    init(
        _ raster: Raster, faces: [DetectedFace], of size: (width: Int, height: Int), turn: PhotoTurn, deadline: Deadline
    ) throws {
        var base = try raster.turned(clockwise: turn.rawValue)
        if base.longSide < Self.leastLongSide { base = try base.resized(longSide: Self.leastLongSide) }
        let isAcross = turn == .quarter || turn == .threeQuarters
        let shownWidth = Double(isAcross ? size.height : size.width)
        let shown = faces.map { face in
            var face = face
            face.box = turn.turned(face.box, width: Float(size.width), height: Float(size.height))
            return face
        }
        while true {
            try deadline.check()
            let marked = try Self.annotate(base, faces: shown, scale: Double(base.width) / shownWidth)
            if let pair = try Self.encode(marked, base) {
                (annotated, clean) = pair
                break
            }
            // Noise at full size; three quarters of each side need little more than half of the bytes.
            base = try base.resized(longSide: base.longSide * 3 / 4)
        }
        (width, height) = (base.width, base.height)
        thumbnail = try Self.thumbnail(of: base)
    }

    private static func encode(_ marked: Raster, _ base: Raster) throws -> ([UInt8], [UInt8])? {
        for quality in qualities {
            let annotated = try marked.jpeg(quality: quality)
            // Both are nearly the same size: the second is not encoded in vain.
            guard annotated.count < budget * 11 / 20 else { continue }
            let clean = marked === base ? annotated : try base.jpeg(quality: quality)
            if annotated.count + clean.count < budget { return (annotated, clean) }
        }
        return nil
    }

    private static func thumbnail(of raster: Raster) throws -> [UInt8] {
        var small = try raster.resized(longSide: min(thumbnailSide, raster.longSide))
        while true {
            if let bytes = try small.jpeg(within: thumbnailBudget - 1, qualities: qualities) { return bytes }
            small = try small.resized(longSide: small.longSide * 3 / 4)
        }
    }

    private static func annotate(_ raster: Raster, faces: [DetectedFace], scale: Double) throws -> Raster {
        guard !faces.isEmpty else { return raster }
        let annotations = faces.map { face in
            Annotation(
                box: Rect(
                    x: Double(face.box.x) * scale, y: Double(face.box.y) * scale,
                    width: Double(face.box.width) * scale, height: Double(face.box.height) * scale),
                text: LabelledFace(face).label,
                shorter: ["\(face.number) \(face.emotion.adjective)", "\(face.number)"],
                colour: Colour(hex: face.emotion.colour))
        }
        let pixels = try raster.withPixels {
            try Canvas.drawn(on: $0, width: raster.width, height: raster.height) { try $0.draw(annotations) }
        }
        return try Raster(pixels: pixels, width: raster.width, height: raster.height)
    }
}
