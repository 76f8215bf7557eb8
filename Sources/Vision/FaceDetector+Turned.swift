import Imaging

/// Photos that lie on their side or stand on their head. Both networks know upright faces: of faces that lie they find two
/// thirds, of those on their head half, and may take a chin for a forehead.
extension FaceDetector {
    /// The faces of a photo, and what brings it upright.
    struct Upright {
        /// In pixels of the photo as it is.
        var faces: [FaceCandidate]
        var turn = PhotoTurn.none
    }

    /// A face that leans further may lie because the photo does.
    private static let mostLean: Float = 60
    /// What is seen upside down is seen with doubt: a face that is surer than this stands as it was seen.
    private static let clearly: Float = 0.8
    /// A turned photo has to show so much more than the photo as it is.
    private static let better: Float = 1.1

    /// Finds the faces of a photo that may lie on its side or stand on its head; where a clear face stands upright it is
    /// looked at as it is, and costs nothing more.
    ///
    /// - Parameters: as for `faces(in:originalLongSide:deadline:original:)`.
    nonisolated(nonsending) func uprightFaces(
        in raster: Raster, originalLongSide: Int, deadline: Deadline, original: () throws -> Raster?
    ) async throws -> Upright {
        let asItIs = try await faces(
            in: raster, originalLongSide: originalLongSide, deadline: deadline, original: original)
        var best = Upright(faces: asItIs)
        guard !asItIs.contains(where: Self.isClear) else { return best }
        var worth = Self.better * Self.worth(asItIs)
        for turn in try await promisingTurns(of: raster) {
            try deadline.check()
            let turned = try raster.turned(clockwise: turn.rawValue)
            let found = try await faces(in: turned, originalLongSide: originalLongSide, deadline: deadline) {
                try original()?.turned(clockwise: turn.rawValue)
            }
            guard found.contains(where: Self.isClear), Self.worth(found) > worth else { continue }
            worth = Self.worth(found)
            let (width, height) = (Float(turned.width), Float(turned.height))
            best = Upright(faces: found.map { turn.undone($0, width: width, height: height) }, turn: turn)
        }
        return best
    }

    /// The turns in which the proposer, which costs little, sees an upright face.
    private nonisolated(nonsending) func promisingTurns(of raster: Raster) async throws -> [PhotoTurn] {
        let long = min(FaceProposer.side, raster.longSide * 2)
        let first = try raster.resized(longSide: long, fast: true)
        var promising: [PhotoTurn] = []
        for turn in PhotoTurn.allCases where turn != .none {
            let turned = try first.turned(clockwise: turn.rawValue)
            let pyramid = PicturePyramid([PicturePyramid.Level(picture: turned, scale: 1)])
            let seen = try await wholes(turned, 1, pyramid)
            if Self.worth(seen.filter(\.isLikely)) > 0 { promising.append(turn) }
        }
        return promising
    }

    private static func isClear(_ face: FaceCandidate) -> Bool {
        face.score >= clearly && stands(face)
    }

    private static func worth(_ faces: [FaceCandidate]) -> Float {
        faces.filter(stands).reduce(0) { $0 + $1.score }
    }

    private static func stands(_ face: FaceCandidate) -> Bool {
        FacePose(face.landmarks).map { abs($0.roll) <= mostLean } ?? false
    }
}
