/// By how much a photo has to be turned clockwise, in degrees, to stand upright.
enum PhotoTurn: Int, Sendable, CaseIterable {
    case none = 0
    case quarter = 90
    case half = 180
    case threeQuarters = 270

    /// By how much what is upright in the turned photo is turned clockwise in the photo as it is.
    var faceAngle: Float { Float((360 - rawValue) % 360) }

    /// Whether the photo's width becomes its height.
    var isAcross: Bool { self == .quarter || self == .threeQuarters }

    /// Where a point of the photo lies in the turned photo.
    ///
    /// - Parameters:
    ///   - width: of the photo as it is.
    ///   - height: of the photo as it is.
    func turned(_ point: FacePoint, width: Float, height: Float) -> FacePoint {
        switch self {
        case .none: point
        case .quarter: FacePoint(x: height - point.y, y: point.x)
        case .half: FacePoint(x: width - point.x, y: height - point.y)
        case .threeQuarters: FacePoint(x: point.y, y: width - point.x)
        }
    }

    /// Where a rectangle of the photo lies in the turned photo.
    func turned(_ box: FaceBox, width: Float, height: Float) -> FaceBox {
        if self == .none { return box }
        let one = turned(FacePoint(x: box.x, y: box.y), width: width, height: height)
        let other = turned(FacePoint(x: box.x + box.width, y: box.y + box.height), width: width, height: height)
        return FaceBox(
            x: min(one.x, other.x), y: min(one.y, other.y), width: abs(one.x - other.x), height: abs(one.y - other.y))
    }

    /// Where a face that was seen in the turned photo lies in the photo as it is.
    ///
    /// - Parameters:
    ///   - width: of the turned photo.
    ///   - height: of the turned photo.
    func undone(_ face: FaceCandidate, width: Float, height: Float) -> FaceCandidate {
        if self == .none { return face }
        return FaceCandidate(
            box: back.turned(face.box, width: width, height: height),
            landmarks: face.landmarks.map { back.turned($0, width: width, height: height) }, score: face.score)
    }

    /// The turn that undoes this one.
    private var back: PhotoTurn {
        switch self {
        case .quarter: .threeQuarters
        case .threeQuarters: .quarter
        case .none, .half: self
        }
    }
}
