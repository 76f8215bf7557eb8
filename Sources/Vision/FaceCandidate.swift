/// A face as a detector sees it, in pixels of whichever picture it looked at.
struct FaceCandidate: Sendable {
    var box: FaceBox
    /// Left eye, right eye, nose, left and right mouth corner, as seen in the picture; none for a photo taken whole.
    var landmarks: [FacePoint]
    /// How sure the detector is, 0…1.
    var score: Float

    /// Whether it is taken for a face, by the proposer's score or by the mean of both networks'.
    var isLikely: Bool { score > FaceDetector.scoreThreshold }

    /// The candidate in another scale and place.
    func mapped(scale: Float, dx: Float = 0, dy: Float = 0) -> FaceCandidate {
        FaceCandidate(
            box: FaceBox(
                x: box.x * scale + dx, y: box.y * scale + dy, width: box.width * scale, height: box.height * scale),
            landmarks: landmarks.map { FacePoint(x: $0.x * scale + dx, y: $0.y * scale + dy) }, score: score)
    }
}

extension [FaceCandidate] {
    /// Keeps the best of each group of boxes that overlap more than `limit` (intersection over union), the best first.
    func withoutDuplicates(limit: Float) -> [FaceCandidate] {
        var kept: [FaceCandidate] = []
        for candidate in sorted(by: { $0.score > $1.score })
        where kept.allSatisfy({ $0.box.intersectionOverUnion(candidate.box) <= limit }) {
            kept.append(candidate)
        }
        return kept
    }

    /// Drops what lies inside of a much larger face: an eye or a mouth is no face of its own.
    func withoutParts() -> [FaceCandidate] {
        filter { part in
            !contains { $0.box.area > 4 * part.box.area && $0.box.overlap(part.box) > 0.9 * part.box.area }
        }
    }
}
