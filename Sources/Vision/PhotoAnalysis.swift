public import Contracts

/// What was found in a photo.
public struct PhotoAnalysis: Sendable {
    /// Width of the oriented original in pixels.
    public var width: Int
    /// Height of the oriented original in pixels.
    public var height: Int
    /// By how much the oriented original has to be turned clockwise to stand upright: 0, 90, 180 or 270 degrees.
    public var rotation: Int
    /// The faces, numbered from 1, largest first.
    public var faces: [DetectedFace]
    /// Whether more faces were found than are listed.
    public var facesCut: Bool
    /// Whether the photo was taken whole as one face, because it is a crop of one that its edges cut too closely.
    public var faceCrop: Bool
    /// Whether the file ends before the photo does: faces in the part that is missing are not listed.
    public var incomplete: Bool
    /// JPEG with a long side of at most 1600 pixels, turned by `rotation`: it shows the photo upright.
    public var clean: [UInt8]
    /// JPEG with a long side of at most 320 pixels.
    public var thumbnail: [UInt8]
    /// Width of `clean` in pixels.
    public var previewWidth: Int
    /// Height of `clean` in pixels.
    public var previewHeight: Int
    /// How long each stage took: decode, detect, crop, classify, preview.
    public var timings: [(stage: String, duration: Duration)]
}

/// A point in pixels of the oriented original.
public struct FacePoint: Sendable, Equatable {
    /// From the left edge.
    public var x: Float
    /// From the top edge.
    public var y: Float

    /// Makes a point.
    public init(x: Float, y: Float) {
        self.x = x
        self.y = y
    }
}

/// A rectangle in pixels of the oriented original.
public struct FaceBox: Sendable, Equatable {
    /// Left edge.
    public var x: Float
    /// Top edge.
    public var y: Float
    /// Width.
    public var width: Float
    /// Height.
    public var height: Float

    /// Makes a rectangle.
    public init(x: Float, y: Float, width: Float, height: Float) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    var area: Float { max(0, width) * max(0, height) }

    /// The area that both share.
    func overlap(_ other: FaceBox) -> Float {
        let horizontal = min(x + width, other.x + other.width) - max(x, other.x)
        let vertical = min(y + height, other.y + other.height) - max(y, other.y)
        return max(0, horizontal) * max(0, vertical)
    }

    /// Whether the middle of another one lies in it.
    func holdsMiddle(of other: FaceBox) -> Bool {
        let (middleX, middleY) = (other.x + other.width / 2, other.y + other.height / 2)
        return middleX >= x && middleX < x + width && middleY >= y && middleY < y + height
    }

    /// Intersection over union, 0…1.
    func intersectionOverUnion(_ other: FaceBox) -> Float {
        let shared = overlap(other)
        let whole = area + other.area - shared
        return whole > 0 ? shared / whole : 0
    }

    /// The part inside of a picture.
    func clipped(width limitX: Float, height limitY: Float) -> FaceBox {
        // What lies inside stays as it is, to the last bit.
        if x >= 0, y >= 0, x + width <= limitX, y + height <= limitY { return self }
        let left = max(0, min(x, limitX))
        let top = max(0, min(y, limitY))
        return FaceBox(
            x: left, y: top, width: max(0, min(x + width, limitX) - left),
            height: max(0, min(y + height, limitY) - top))
    }
}

/// A face and how it appears.
public struct DetectedFace: Sendable {
    /// From 1, largest first.
    public var number: Int
    /// Where it is; the part that lies inside of the photo, whose edge may cut a face.
    public var box: FaceBox
    /// What was classified, in pixels of the oriented original; it may reach beyond the photo, where the edge's pixels are
    /// repeated.
    public var square: CropSquare
    /// Left eye, right eye, nose, left and right mouth corner, as seen in the upright picture; none for a photo taken whole.
    public var landmarks: [FacePoint]
    /// How sure the detector is, 0…1; 0 for a photo taken whole.
    public var detectorScore: Float
    /// Calibrated, seven, in the order of `Emotion.allCases`.
    public var probabilities: [Float]
    /// Whether the highest probability lies below the model card's threshold, of which there is one of its own for faces whose
    /// mouth or eyes are covered, or the face cannot be judged: it is lower than 24 pixels, seen from the side, or the photo
    /// was taken whole.
    public var notSure: Bool
    /// What makes the result less certain: `small`, `turned`, `covered`, `dark`, `blurred`.
    public var notes: [String]
    /// What spoke for `emotion`; nil where the model has no maps, or none were wanted.
    public var activation: ActivationMap?

    /// The most probable class.
    public var emotion: Emotion {
        let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] }
        return best.map { Emotion.allCases[$0] } ?? .neutral
    }

    /// By how many degrees the head is turned clockwise in the photo as it is, −180…180; nil without landmarks.
    public var roll: Float? { FacePose(landmarks)?.roll }

    /// The probability of `emotion`.
    public var confidence: Float { probabilities.max() ?? 0 }
}
