import Contracts
import Drawing
import Imaging

/// What is to be drawn on a picture.
public struct FaceDrawing: Sendable {
    /// With boxes in pixels of the oriented photo; the first get the best places for their labels.
    public var faces: [LabelledFace]
    /// By how many degrees the photo is turned clockwise to stand upright: 0, 90, 180 or 270.
    public var rotation: Int
    /// Width and height of the oriented photo, where the picture is its clean picture: that is smaller, and turned already. Nil
    /// where the picture is the photo itself.
    public var photoSize: (width: Int, height: Int)?

    /// Makes one.
    public init(faces: [LabelledFace], rotation: Int, photoSize: (width: Int, height: Int)? = nil) {
        self.faces = faces
        self.rotation = rotation
        self.photoSize = photoSize
    }

    /// What an analysis found.
    ///
    /// - Parameter onCleanPicture: whether it is drawn on the analysis' clean picture; on the photo otherwise.
    public init(_ analysis: PhotoAnalysis, onCleanPicture: Bool) {
        self.init(
            faces: analysis.faces.map(LabelledFace.init), rotation: analysis.rotation,
            photoSize: onCleanPicture ? (analysis.width, analysis.height) : nil)
    }
}

/// A picture, upright, with its faces drawn and a legend below: to be saved and printed.
enum DrawnPicture {
    /// Smaller pictures are enlarged to this, so that labels have room.
    private static let leastLongSide = 1000
    private static let qualities = [90, 80, 60, 40]
    /// Rows that are drawn on at once.
    private static let bandHeight = 512

    /// Draws the picture.
    ///
    /// - Parameter maximumBytes: the most that it may have.
    /// - Returns: a JPEG.
    static func draw(
        _ photo: Photo, _ drawing: FaceDrawing, maximumBytes: Int, deadline: Deadline
    ) throws -> [UInt8] {
        guard let turn = PhotoTurn(rawValue: drawing.rotation) else {
            throw VisionError(.internal, "A picture can be turned by quarters only.")
        }
        var base = try photo.decode(longSide: photo.longSide, deadline: deadline)
        if drawing.photoSize == nil { base = try base.turned(clockwise: turn.rawValue) }
        if base.longSide < leastLongSide { base = try base.resized(longSide: leastLongSide) }
        try deadline.check()
        let size = drawing.photoSize ?? (photo.width, photo.height)
        let scale = Double(base.width) / Double(turn.isAcross ? size.height : size.width)
        let annotations = drawing.faces.map { face in
            let box = turn.turned(face.box, width: Float(size.width), height: Float(size.height))
            return Annotation(
                box: Rect(
                    x: Double(box.x) * scale, y: Double(box.y) * scale, width: Double(box.width) * scale,
                    height: Double(box.height) * scale), text: face.label, colour: Colour(hex: face.emotion.colour))
        }
        let picture = try PrintPicture(
            width: base.width, height: base.height, annotations: annotations, legend: legend(drawing.faces),
            medium: drawing.photoSize == nil ? .paper : .screen)
        let drawn = try drawn(picture, on: base, deadline: deadline)
        guard let jpeg = try drawn.jpeg(within: maximumBytes, qualities: qualities) else {
            throw VisionError(.internal, "The picture is too large to be saved.")
        }
        return jpeg
    }

    private static func drawn(_ picture: PrintPicture, on base: Raster, deadline: Deadline) throws -> Raster {
        let row = base.width * 3
        var pixels = try base.withPixels { [UInt8]($0) }
        pixels += [UInt8](repeating: 255, count: (picture.height - base.height) * row)
        for top in stride(from: 0, to: picture.height, by: bandHeight) {
            try deadline.check()
            let bytes = (top * row)..<(min(top + bandHeight, picture.height) * row)
            let band = try pixels.withUnsafeBufferPointer { pixels in
                try Canvas.drawn(
                    on: UnsafeBufferPointer(rebasing: pixels[bytes]), width: base.width, height: bytes.count / row
                ) {
                    try picture.draw(on: $0, top: top)
                }
            }
            pixels.replaceSubrange(bytes, with: band)
        }
        return try Raster(pixels: pixels, width: base.width, height: picture.height)
    }

    /// How often each look was found, and how to read the picture.
    private static func legend(_ faces: [LabelledFace]) -> [PrintPicture.Entry] {
        var entries = Emotion.allCases.compactMap { emotion -> PrintPicture.Entry? in
            let count = faces.count { $0.counted == emotion }
            let isShown = faces.contains { $0.emotion == emotion }
            return isShown
                ? PrintPicture.Entry("\(emotion.adjective) \(count)", colour: Colour(hex: emotion.colour)) : nil
        }
        let unsure = faces.count { $0.counted == nil }
        var words = faces.isEmpty ? ["No", "face", "found."] : []
        if unsure > 0 { words += ["?", "not", "sure", "\(unsure),", "in", "no", "count."] }
        if faces.contains(where: \.isSaid) { words += ["By", "hand:", "what", "a", "person", "said."] }
        words += "Mien says how a face appears, which is not what a person feels.".split(separator: " ").map(
            String.init)
        entries += words.map { PrintPicture.Entry($0) }
        return entries
    }
}
