/// Covers a picture with square tiles that overlap their neighbours by at least a given width.
struct TileGrid {
    /// The left top of a tile, and whether it reaches the picture's right and bottom edges.
    struct Tile: Sendable {
        let x: Int
        let y: Int
        let touchesRight: Bool
        let touchesBottom: Bool
    }

    let tiles: [Tile]

    init(width: Int, height: Int, side: Int, overlap: Int) {
        let columns = Self.starts(length: width, side: side, overlap: overlap)
        let rows = Self.starts(length: height, side: side, overlap: overlap)
        tiles = rows.flatMap { y in
            columns.map { x in
                Tile(x: x, y: y, touchesRight: x + side >= width, touchesBottom: y + side >= height)
            }
        }
    }

    /// Evenly spread starts; the first is 0 and the last tile ends with the picture.
    private static func starts(length: Int, side: Int, overlap: Int) -> [Int] {
        guard length > side else { return [0] }
        let steps = (length - side + side - overlap - 1) / (side - overlap)
        return (0...steps).map { $0 * (length - side) / steps }
    }
}
