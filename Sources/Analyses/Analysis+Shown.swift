import Foundation

/// A finished analysis as its pictures show it: they are turned by `rotation`, while boxes and landmarks are kept in pixels of the
/// photo as it is.
extension Analysis {
    /// The photo's width and height in the pictures' direction; pixels of the original.
    package var shownSize: (width: Double, height: Double) {
        let (width, height) = (Double(width ?? 1), Double(height ?? 1))
        return rotation % 180 == 0 ? (width, height) : (height, width)
    }

    /// The faces where they lie in the pictures; pixels of the original.
    package var shownFaces: [FaceResult] {
        guard rotation != 0 else { return faces }
        return faces.map { face in
            var face = face
            face.box = shown(face.box)
            face.landmarks = face.landmarks.map { point in
                let (x, y) = shown(point.x, point.y)
                return FaceResult.Point(x: x, y: y)
            }
            if let area = face.activation?.area { face.activation?.area = shown(area) }
            return face
        }
    }

    /// The faces that the model missed, where they lie in the pictures.
    package var shownMissed: [MissedFace] {
        guard rotation != 0 else { return missed }
        return missed.map { face in
            var face = face
            face.box = shown(face.box)
            return face
        }
    }

    private func shown(_ box: FaceResult.Box) -> FaceResult.Box {
        let (one, other) = (shown(box.x, box.y), shown(box.x + box.width, box.y + box.height))
        return FaceResult.Box(
            x: min(one.x, other.x), y: min(one.y, other.y), width: abs(one.x - other.x), height: abs(one.y - other.y))
    }

    /// Where a rectangle of the pictures lies in the photo as it is.
    package func kept(_ box: FaceResult.Box) -> FaceResult.Box {
        let (one, other) = (kept(box.x, box.y), kept(box.x + box.width, box.y + box.height))
        return FaceResult.Box(
            x: min(one.x, other.x), y: min(one.y, other.y), width: abs(one.x - other.x), height: abs(one.y - other.y))
    }

    private func kept(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        let (width, height) = (Double(width ?? 1), Double(height ?? 1))
        return switch rotation {
        case 90: (y, height - x)
        case 180: (width - x, height - y)
        case 270: (width - y, x)
        default: (x, y)
        }
    }

    /// A square turned about its middle: the middle moves, and it is turned further.
    private func shown(_ area: FaceResult.Area) -> FaceResult.Area {
        let half = area.side / 2
        let (x, y) = shown(area.x + half, area.y + half)
        return FaceResult.Area(
            x: x - half, y: y - half, side: area.side,
            angle: (area.angle + Double(rotation)).remainder(dividingBy: 360))
    }

    private func shown(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        let (width, height) = (Double(width ?? 1), Double(height ?? 1))
        return switch rotation {
        case 90: (height - y, x)
        case 180: (width - x, height - y)
        case 270: (y, width - x)
        default: (x, y)
        }
    }
}

extension FaceResult {
    /// By how many degrees the head is turned clockwise in the photo as it is, −180…180: by the eyes, the mouth, and what is
    /// square to the way from one to the other. Nil without landmarks.
    package var roll: Double? {
        guard landmarks.count == 5 else { return nil }
        let (left, right, mouthLeft, mouthRight) = (landmarks[0], landmarks[1], landmarks[3], landmarks[4])
        let down = (
            x: (mouthLeft.x + mouthRight.x - left.x - right.x) / 2,
            y: (mouthLeft.y + mouthRight.y - left.y - right.y) / 2
        )
        let across = (
            x: right.x - left.x + mouthRight.x - mouthLeft.x + down.y,
            y: right.y - left.y + mouthRight.y - mouthLeft.y - down.x
        )
        return (atan2(across.y, across.x) * 180 / .pi).rounded(places: 1)
    }
}
