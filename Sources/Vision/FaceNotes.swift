/// What makes a face's result less certain, for the person to know.
enum FaceNotes {
    static let small = "small"
    static let turned = "turned"
    static let dark = "dark"
    static let blurred = "blurred"

    /// Lists the notes of a face.
    ///
    /// - Parameters:
    ///   - box: in pixels of the original.
    ///   - landmarks: five, or none.
    ///   - crop: as the classifier sees it.
    static func notes(box: FaceBox, landmarks: [FacePoint], crop: FaceCrop) -> [String] {
        var notes: [String] = []
        if box.height < 32 { notes.append(small) }
        if isTurned(landmarks, box: box) { notes.append(turned) }
        if mean(crop) < 50 { notes.append(dark) }
        // An enlarged face is soft in any case, and called small already.
        if box.height >= 48, sharpness(crop) < 0.035 { notes.append(blurred) }
        return notes
    }

    /// In a frontal face the nose lies midway between the eyes, which are 0.39 of the box's height apart and level.
    private static func isTurned(_ landmarks: [FacePoint], box: FaceBox) -> Bool {
        guard landmarks.count == 5 else { return false }
        let (left, right, nose) = (landmarks[0], landmarks[1], landmarks[2])
        let (dx, dy) = (right.x - left.x, right.y - left.y)
        let distance = (dx * dx + dy * dy).squareRoot()
        guard distance > 0.22 * box.height else { return true }
        // Along the line of the eyes, from their middle, in eye distances.
        let along =
            ((nose.x - (left.x + right.x) / 2) * dx + (nose.y - (left.y + right.y) / 2) * dy) / (distance * distance)
        let tilted = abs(dy) > 0.58 * max(dx, 0)
        return abs(along) > 0.33 || tilted
    }

    private static func mean(_ crop: FaceCrop) -> Float {
        Float(crop.pixels.reduce(0) { $0 + Int($1) }) / Float(crop.pixels.count)
    }

    /// Mean absolute Laplacian over the standard deviation: fine structure relative to contrast.
    static func sharpness(_ crop: FaceCrop) -> Float {
        let side = FaceCrop.side
        let mean = mean(crop)
        let variance = crop.pixels.reduce(Float(0)) { $0 + (Float($1) - mean) * (Float($1) - mean) }
        let deviation = max(1, (variance / Float(crop.pixels.count)).squareRoot())
        var sum = 0
        for y in 1..<(side - 1) {
            for x in 1..<(side - 1) {
                let i = y * side + x
                let neighbours =
                    Int(crop.pixels[i - 1]) + Int(crop.pixels[i + 1]) + Int(crop.pixels[i - side])
                    + Int(crop.pixels[i + side])
                sum += abs(4 * Int(crop.pixels[i]) - neighbours)
            }
        }
        return Float(sum) / Float((side - 2) * (side - 2)) / deviation / 4
    }
}
