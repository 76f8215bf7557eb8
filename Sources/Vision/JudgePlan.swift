import Imaging

/// Which windows proposed faces are looked at in: a neighbour that a window shows well enough needs none of its own.
struct JudgePlan {
    /// A proposal in the picture in which the judge sees it best.
    struct Spot {
        let picture: Raster
        /// In pixels of `picture`.
        let box: FaceBox
    }

    /// A part of a picture, and the side of the square that it is given in the network's input.
    struct Window {
        let picture: Raster
        let area: PixelRect
        let side: Int
    }

    private(set) var windows: [Window] = []
    /// The window of each spot; nil where there would be too many.
    private(set) var places: [Int?]

    /// The network's input. It costs a fourteenth of a picture of 640 × 640 pixels.
    static let side = 160
    /// A face by itself has a quarter of it, which three others share.
    static let quarter = 80
    /// As many faces as this in a window are worth one that costs as much as four quarters.
    private static let worthWhole = 3
    /// More than this a crowd of hundreds does not need; foliage and noise might.
    private static let most = 400
    /// So much of its own height lies around a face in a window that was cut for another one.
    private static let margin: Float = 0.5

    /// - Parameters:
    ///   - spots: those first that matter most.
    ///   - inQuarters: whether a face that has few neighbours is looked at in a quarter of the input.
    init(_ spots: [Spot], inQuarters: Bool) {
        places = [Int?](repeating: nil, count: spots.count)
        for number in spots.indices where places[number] == nil && windows.count < Self.most {
            var window = Window(around: spots[number], side: Self.side)
            var shown = others(of: spots, after: number, in: window)
            if inQuarters, shown.count + 1 < Self.worthWhole {
                window = Window(around: spots[number], side: Self.quarter)
                shown = others(of: spots, after: number, in: window)
            }
            for place in shown + [number] { places[place] = windows.count }
            windows.append(window)
        }
    }

    /// The windows to look at in one go with another: a whole one alone, a quarter with the next three.
    ///
    /// - Parameter isOpen: whether a window has not been looked at yet.
    func together(with place: Int, where isOpen: (Int) -> Bool) -> [Int] {
        guard windows[place].side == Self.quarter else { return [place] }
        let next = windows.indices.dropFirst(place + 1).filter { windows[$0].side == Self.quarter && isOpen($0) }
        return [place] + next.prefix(3)
    }

    private func others(of spots: [Spot], after number: Int, in window: Window) -> [Int] {
        spots.indices.dropFirst(number + 1).filter { places[$0] == nil && window.shows(spots[$0], margin: Self.margin) }
    }
}

extension JudgePlan.Window {
    /// How finely a window's place is chosen. Whole ones begin at cells of the network's coarsest grid: boxes are nearer by a
    /// tenth to those of a pass over the whole picture than from windows at any pixel, and faces are told better from what is
    /// none. In a quarter too much of the room around the face would be lost.
    private static func alignment(of side: Int) -> Int { side == JudgePlan.side ? 32 : 16 }

    /// The window around a spot: as near to its middle as the alignment allows, and inside of the picture.
    init(around spot: JudgePlan.Spot, side: Int) {
        let alignment = Self.alignment(of: side)
        func start(_ middle: Float, _ length: Int) -> Int {
            let cells = ((middle - Float(side) / 2) / Float(alignment)).rounded()
            let last = (max(0, length - side) + alignment - 1) / alignment
            // A box that is no number, or far outside, is looked for at the edge.
            return Int(max(0, min(cells, Float(last)))) * alignment
        }
        let (width, height) = (spot.picture.width, spot.picture.height)
        let (x, y) = (
            start(spot.box.x + spot.box.width / 2, width), start(spot.box.y + spot.box.height / 2, height)
        )
        picture = spot.picture
        area = PixelRect(x: x, y: y, width: min(side, width - x), height: min(side, height - y))
        self.side = side
    }

    /// Whether a spot lies in the window with enough around it, as far as the picture goes.
    fileprivate func shows(_ spot: JudgePlan.Spot, margin: Float) -> Bool {
        guard spot.picture === picture else { return false }
        let box = spot.box
        let around = margin * box.height
        let (right, bottom) = (area.x + area.width, area.y + area.height)
        return (area.x == 0 || box.x - around >= Float(area.x)) && (area.y == 0 || box.y - around >= Float(area.y))
            && (right == picture.width || box.x + box.width + around <= Float(right))
            && (bottom == picture.height || box.y + box.height + around <= Float(bottom))
    }
}
