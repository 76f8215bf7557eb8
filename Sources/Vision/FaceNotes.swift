/// What makes a face's result less certain, for the person to know.
enum FaceNotes {
    static let small = "small"
    static let turned = "turned"
    static let dark = "dark"
    static let blurred = "blurred"
    static let covered = "covered"

    /// Faces are promised, and found reliably, from this height on.
    private static let leastHeight: Float = 24
    /// Answers are less reliable below it.
    static let smallBelow: Float = 32
    /// From about 60° away, where one half of the face is hidden, the nose reaches the further eye and beyond.
    private static let profileShift: Float = 0.75
    /// Between the eyes of a frontal face lies 0.39 of its height; at 60° half of that.
    private static let profileDistance: Float = 0.195

    /// Whether a face shows too little to be judged surely, whatever the classifier says of it: it answers to any 48 × 48
    /// pixels, and never learnt to doubt those of a kind that its training pictures hardly have.
    ///
    /// - Parameters:
    ///   - place: in pixels of the original.
    ///   - landmarks: five, or none for a photo that was taken whole because no face was made out in it.
    static func cannotBeJudged(_ place: FacePlace, landmarks: [FacePoint]) -> Bool {
        guard let pose = FacePose(landmarks), place.height >= leastHeight else { return true }
        return pose.noseShift > profileShift || pose.eyeDistance < profileDistance * place.height
    }

    /// Lists the notes of a face.
    ///
    /// - Parameters:
    ///   - place: in pixels of the original.
    ///   - landmarks: five, or none.
    ///   - crop: as the classifier sees it.
    ///   - isCovered: whether mouth or eyes are.
    static func notes(_ place: FacePlace, landmarks: [FacePoint], crop: FaceCrop, isCovered: Bool) -> [String] {
        var notes: [String] = []
        if place.height < smallBelow { notes.append(small) }
        if isTurnedAway(landmarks, height: place.height) { notes.append(turned) }
        if isCovered { notes.append(covered) }
        if mean(crop) < 50 { notes.append(dark) }
        // An enlarged face is soft in any case, and called small already.
        if place.height >= 48, sharpness(crop) < 0.035 { notes.append(blurred) }
        return notes
    }

    /// In a frontal face the nose lies midway between the eyes, which are 0.39 of the face's height apart. How the head is
    /// tilted does not matter: the crop is turned upright.
    private static func isTurnedAway(_ landmarks: [FacePoint], height: Float) -> Bool {
        guard let pose = FacePose(landmarks) else { return false }
        return pose.eyeDistance <= 0.22 * height || pose.noseShift > 0.33
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
