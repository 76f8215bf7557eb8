package import Foundation

extension FaceResult {
    /// A class activation map over the square that was classified: how much each part of it spoke for the face's emotion.
    package struct Activation: Codable, Sendable, Equatable {
        /// Cells from left to right.
        package let columns: Int
        /// Row by row; 0 stands for `low`, 255 for `high`.
        package let cells: Data
        package let low: Double
        package let high: Double
        package var area: Area

        package init(columns: Int, cells: Data, low: Double, high: Double, area: Area) {
            self.columns = columns
            self.cells = cells
            self.low = low
            self.high = high
            self.area = area
        }

        /// Cells from top to bottom.
        package var rows: Int { columns > 0 ? cells.count / columns : 0 }

        /// Row by row: above 0 where it spoke for the emotion, below 0 where against it. Their mean is the emotion's calibrated
        /// logit.
        package var values: [Double] { cells.map { low + (high - low) * Double($0) / 255 } }
    }

    /// A square in pixels of the oriented original; it may reach beyond the photo.
    package struct Area: Codable, Sendable, Equatable {
        /// The left edge before it is turned.
        package var x: Double
        /// The top edge before it is turned.
        package var y: Double
        package let side: Double
        /// By how many degrees it is turned clockwise about its middle.
        package var angle: Double

        package init(x: Double, y: Double, side: Double, angle: Double) {
            self.x = x
            self.y = y
            self.side = side
            self.angle = angle
        }
    }
}
