import Analyses
import Reports

/// Where the network looked: the square that it saw, upright as it saw it, under the map.
struct WhyModel: Sendable {
    /// "Where the network looked for “happy”"
    let heading: String
    let remark: String
    /// The map's picture.
    let map: String
    /// The square in preview pixels, for an SVG viewBox.
    let view: String
    /// What turns the photo about the square's middle until the square is level, for an SVG transform; nil where it is level.
    let turn: String?

    /// Whether it is shown at once: of a row it was asked for.
    let isOpen: Bool

    /// - Returns: nil for a face without a map.
    init?(_ face: FaceResult, scale: Double, address: String, isOpen: Bool) {
        guard let area = face.activation?.area, let remark = FaceWords.whyRemark(face) else { return nil }
        heading = FaceWords.why(face)
        self.remark = remark
        self.isOpen = isOpen
        map = "\(address)/faces/\(face.number)/why.png"
        let (x, y, side) = (area.x * scale, area.y * scale, area.side * scale)
        view = [x, y, side, side].map { FaceModel.decimal($0) }.joined(separator: " ")
        let about = [-area.angle, x + side / 2, y + side / 2].map { FaceModel.decimal($0) }
        turn = area.angle == 0 ? nil : "rotate(\(about.joined(separator: " ")))"
    }
}
