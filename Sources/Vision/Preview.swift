import Imaging

/// The pictures that are shown: the photo upright, large and small.
struct Preview: Sendable {
    /// Long side of the larger picture.
    static let longSide = 1600
    /// Smaller photos are enlarged to this, so that the labels that a page lays over them have room.
    static let leastLongSide = 480
    private static let thumbnailSide = 320
    private static let budget = 425_000
    private static let thumbnailBudget = 40_000
    /// The first is where libjpeg's files stop shrinking quickly: 82 takes a third more bytes, which the database
    /// carries for each photo, for a difference that is hard to see.
    private static let qualities = [76, 68, 58, 48, 38]

    let clean: [UInt8]
    let thumbnail: [UInt8]
    /// Width of `clean` in pixels.
    let width: Int
    /// Height of `clean` in pixels.
    let height: Int

    /// Makes the pictures of a photo.
    ///
    /// - Parameters:
    ///   - raster: the oriented photo, its long side at most 1600.
    ///   - turn: by how much the pictures are turned.
    ///   - deadline: when to give up.
    init(_ raster: Raster, turn: PhotoTurn, deadline: Deadline) throws {
        var base = try raster.turned(clockwise: turn.rawValue)
        if base.longSide < Self.leastLongSide { base = try base.resized(longSide: Self.leastLongSide) }
        clean = try Self.jpeg(of: &base, below: Self.budget, deadline: deadline)
        (width, height) = (base.width, base.height)
        var small = try base.resized(longSide: min(Self.thumbnailSide, base.longSide))
        thumbnail = try Self.jpeg(of: &small, below: Self.thumbnailBudget, deadline: deadline)
    }

    /// Encodes the picture, and shrinks it as long as its file is too large: noise.
    private static func jpeg(of raster: inout Raster, below budget: Int, deadline: Deadline) throws -> [UInt8] {
        while true {
            try deadline.check()
            if let bytes = try raster.jpeg(within: budget - 1, qualities: qualities) { return bytes }
            // Three quarters of each side need little more than half of the bytes.
            raster = try raster.resized(longSide: raster.longSide * 3 / 4)
        }
    }
}
