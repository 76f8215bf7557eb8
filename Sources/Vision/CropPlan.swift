import Imaging

/// Cuts the faces' crops out of the picture that is at hand, and small faces out of the original where that holds more.
struct CropPlan {
    private let squares: [CropSquare]
    private let raster: Raster
    private let closer: Raster?
    private let photo: Photo
    /// Pixels of a second look at the original, at most; they are in memory at once.
    private static let budget = 12_000_000.0

    /// The long side at which a whole photo fits into the budget.
    static func longSide(of photo: Photo) -> Int {
        let scale = min(1, (budget / Double(photo.width * photo.height)).squareRoot())
        return max(1, Int(Double(photo.longSide) * scale))
    }

    /// - Parameters:
    ///   - faces: in pixels of the original; a face without landmarks is a photo taken whole.
    ///   - turn: what brings the photo upright.
    ///   - raster: the whole photo at working size.
    ///   - closer: the same larger, where somebody has decoded it already.
    ///   - photo: the original.
    init(_ faces: [FaceCandidate], in turn: PhotoTurn, raster: Raster, closer: Raster?, photo: Photo) {
        self.init(squares: faces.map { CropSquare(of: $0, in: turn) }, raster: raster, closer: closer, photo: photo)
    }

    /// - Parameter squares: in pixels of the original.
    init(squares: [CropSquare], raster: Raster, closer: Raster? = nil, photo: Photo) {
        self.squares = squares
        self.raster = raster
        self.closer = closer
        self.photo = photo
    }

    /// The crops in the faces' order.
    func crops(deadline: Deadline) throws -> [FaceCrop] {
        let working = Double(raster.width) / Double(photo.width)
        let wanted = Double(FaceCrop.side)
        let small = squares.indices.filter { working < 1 && squares[$0].side * working < wanted }
        var crops = try squares.map { try FaceCrop($0.scaled(by: working), of: raster) }
        guard let detail = try closerLook(at: small.map { squares[$0] }, working: working, deadline: deadline) else {
            return crops
        }
        for index in small {
            let square = squares[index]
            let shifted = CropSquare(
                x: (square.x - Double(detail.region.x)) * detail.scale,
                y: (square.y - Double(detail.region.y)) * detail.scale, side: square.side * detail.scale,
                angle: square.angle)
            crops[index] = try FaceCrop(shifted, of: detail.raster)
        }
        return crops
    }

    /// The part of the original that holds the small faces, as large as they need and the budget allows.
    private func closerLook(
        at small: [CropSquare], working: Double, deadline: Deadline
    ) throws -> (raster: Raster, region: PixelRect, scale: Double)? {
        guard let first = small.first else { return nil }
        let wholePhoto = PixelRect(x: 0, y: 0, width: photo.width, height: photo.height)
        let region = small.dropFirst().reduce(first.pixels) { $0.union($1.pixels) }.intersection(wholePhoto)
        let least = small.map(\.side).min() ?? 1
        let area = Double(region.width * region.height)
        guard area > 0 else { return nil }
        let scale = min(1, Double(FaceCrop.side) / least, (Self.budget / area).squareRoot())
        guard scale > working * 1.1 else { return nil }
        if let closer, Double(closer.width) >= scale * Double(photo.width) {
            return (closer, wholePhoto, Double(closer.width) / Double(photo.width))
        }
        let detail = try photo.decode(region: region, scale: scale, deadline: deadline)
        return (detail.raster, detail.region, Double(detail.raster.width) / Double(detail.region.width))
    }
}
