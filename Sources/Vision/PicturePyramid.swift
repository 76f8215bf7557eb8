import Imaging

/// One photo at several sizes, so that a face of any size is at hand at the size that a network knows best.
final class PicturePyramid {
    /// The photo at one size.
    struct Level {
        let picture: Raster
        /// Its pixels per pixel of the working picture.
        let scale: Float
    }

    /// The largest first.
    private var levels: [Level]
    /// A picture of this long side is not halved any more.
    private static let leastLongSide = 64

    /// - Parameter levels: at least one, the largest first.
    init(_ levels: [Level]) {
        self.levels = levels
    }

    /// Adds a larger picture than there is.
    func add(_ picture: Raster, scale: Float) {
        let place = levels.firstIndex { $0.scale < scale } ?? levels.endIndex
        levels.insert(Level(picture: picture, scale: scale), at: place)
    }

    /// The largest level that is small enough, made by halving the smallest where there is none yet; the smallest where
    /// none can be.
    ///
    /// - Returns: the level, and its place, which holds until a picture is added.
    func level(where isSmallEnough: (Level) -> Bool) throws -> (level: Level, index: Int) {
        var index = 0
        while !isSmallEnough(levels[index]) {
            if index + 1 == levels.count {
                let last = levels[index]
                guard last.picture.longSide > Self.leastLongSide, min(last.picture.width, last.picture.height) >= 2
                else { break }
                let half = try last.picture.resized(
                    width: last.picture.width / 2, height: last.picture.height / 2, fast: true)
                levels.append(Level(picture: half, scale: last.scale / 2))
            }
            index += 1
        }
        return (levels[index], index)
    }
}
