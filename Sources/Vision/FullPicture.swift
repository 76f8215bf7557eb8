public import Contracts
import Drawing
import Imaging

/// A face as it is written beside its box.
public struct LabelledFace: Sendable {
    /// From 1.
    public var number: Int
    /// Pixels of the oriented original.
    public var box: FaceBox
    /// How it appears.
    public var look: Look

    /// How a face appears, and who says so.
    public enum Look: Sendable, Hashable {
        /// The model: the most probable class, its probability (0…1), and whether it should not be relied on.
        case answered(Emotion, confidence: Float, notSure: Bool)
        /// A person, who counts for more; nil where the look cannot be told.
        case said(Emotion?)
    }

    /// Makes one.
    public init(number: Int, box: FaceBox, look: Look) {
        self.number = number
        self.box = box
        self.look = look
    }

    /// What an analysis found.
    public init(_ face: DetectedFace) {
        self.init(
            number: face.number, box: face.box,
            look: .answered(face.emotion, confidence: face.confidence, notSure: face.notSure))
    }

    /// Such as "1 happy 87 %", with a question mark where the model is not sure; "1 sad, by hand" of what a person said.
    var label: String {
        switch look {
        case .answered(let emotion, let confidence, let notSure):
            let percent = Int((confidence * 100).rounded())
            return "\(number) \(emotion.adjective)\(notSure ? "?" : "") \(percent)\u{00A0}%"
        case .said(let emotion): return "\(number) \(emotion?.adjective ?? "cannot be told"), by hand"
        }
    }

    /// The class that it is drawn in the colour of.
    var emotion: Emotion {
        switch look {
        case .answered(let emotion, _, _): emotion
        case .said(let emotion): emotion ?? .neutral
        }
    }

    /// Whether a person says so.
    var isSaid: Bool {
        if case .said = look { true } else { false }
    }

    /// The class that it counts for; nil where nobody is sure.
    var counted: Emotion? {
        switch look {
        case .answered(let emotion, _, let notSure): notSure ? nil : emotion
        case .said(let emotion): emotion
        }
    }
}

/// The photo as large as it is, upright, with its faces drawn and a legend below: to be saved and printed.
enum FullPicture {
    /// The most bytes that one has.
    static let maximumBytes = 64 << 20
    /// Smaller photos are enlarged to this, so that labels have room.
    private static let leastLongSide = 1000
    private static let qualities = [90, 80, 60, 40]
    /// Rows that are drawn on at once.
    private static let bandHeight = 512

    /// Draws the picture.
    ///
    /// - Parameters:
    ///   - faces: in pixels of the oriented photo.
    ///   - rotation: by how many degrees the photo is turned clockwise: 0, 90, 180 or 270.
    /// - Returns: a JPEG.
    static func draw(
        _ photo: Photo, faces: [LabelledFace], rotation: Int, deadline: Deadline
    ) throws -> [UInt8] {
        guard let turn = PhotoTurn(rawValue: rotation) else {
            throw VisionError(.internal, "A picture can be turned by quarters only.")
        }
        var base = try photo.decode(longSide: photo.longSide, deadline: deadline).turned(clockwise: rotation)
        if base.longSide < leastLongSide { base = try base.resized(longSide: leastLongSide) }
        try deadline.check()
        let isAcross = turn == .quarter || turn == .threeQuarters
        let scale = Double(base.width) / Double(isAcross ? photo.height : photo.width)
        let annotations = faces.map { face in
            let box = turn.turned(face.box, width: Float(photo.width), height: Float(photo.height))
            return Annotation(
                box: Rect(
                    x: Double(box.x) * scale, y: Double(box.y) * scale, width: Double(box.width) * scale,
                    height: Double(box.height) * scale), text: face.label, colour: Colour(hex: face.emotion.colour))
        }
        let picture = try PrintPicture(
            width: base.width, height: base.height, annotations: annotations, legend: legend(faces))
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
                ? PrintPicture.Entry("\(emotion.rawValue) \(count)", colour: Colour(hex: emotion.colour)) : nil
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
