/// Finds places for labels: as long and as large as they are, near their boxes where there is room,
/// or elsewhere with a line that leads to the box.
enum PrintLayout {
    struct Label: Sendable {
        let text: String
        let frame: Rect
        /// From the label to its box, where they do not touch.
        let leader: Line?
    }

    struct Line: Sendable, Equatable {
        let from: (x: Double, y: Double)
        let to: (x: Double, y: Double)

        static func == (one: Line, other: Line) -> Bool { one.from == other.from && one.to == other.to }

        /// How much of it lies in a rectangle (Liang and Barsky 1984).
        func length(in rect: Rect) -> Double {
            let (dx, dy) = (to.x - from.x, to.y - from.y)
            var (enter, leave) = (0.0, 1.0)
            for (change, distance) in [
                (-dx, from.x - rect.x), (dx, rect.x + rect.width - from.x), (-dy, from.y - rect.y),
                (dy, rect.y + rect.height - from.y),
            ] {
                if change == 0, distance < 0 { return 0 }
                if change < 0 { enter = max(enter, distance / change) }
                if change > 0 { leave = min(leave, distance / change) }
            }
            return enter < leave ? (leave - enter) * (dx * dx + dy * dy).squareRoot() : 0
        }
    }

    struct Result: Sendable {
        let labels: [Label]
        let fontSize: Double
        let isCrowded: Bool
        /// Whether a line from a label to its box runs over another face.
        let crossesFaces: Bool
    }

    /// Font sizes as fractions of the picture's long side.
    private static func scales(_ medium: PrintPicture.Medium) -> [Double] {
        // 14 to 8.5 points where it fills a sheet of A4.
        let paper = [0.018, 0.014, 0.011]
        // The first is 11 points when the picture fills a phone's width, the third can just be read there.
        return medium == .paper ? paper : [0.030, 0.025, 0.021] + paper
    }

    /// Room around a label's text, in font sizes.
    static let padding = (x: 0.35, y: 0.08)

    /// Places all labels at the largest size at which they cover neither one another nor a face, and no line runs over a face; where
    /// there is no such size, at the largest at which they cover nothing. In a crowd where there is none either, a label rather
    /// covers a little than that its line runs over many faces.
    ///
    /// - Parameter measure: the size of a text at a font size.
    static func place(
        _ annotations: [Annotation], width: Double, height: Double, on medium: PrintPicture.Medium,
        measure: (String, Double) throws(DrawingError) -> (width: Double, height: Double)
    ) throws(DrawingError) -> Result {
        var result = Result(labels: [], fontSize: 12, isCrowded: false, crossesFaces: false)
        var crossing: Result?
        let scales = scales(medium)
        for (scale, mayCover) in scales.map({ ($0, false) }) + [(scales[scales.count - 1], true)] {
            if mayCover, let crossing { return crossing }
            let fontSize = max(12, max(width, height) * scale)
            var placing = Placing(boxes: annotations.map(\.box), size: (width, height), mayCover: mayCover)
            for (index, annotation) in annotations.enumerated() {
                let text = try measure(annotation.text, fontSize)
                placing.add(
                    annotation.text, of: index,
                    extent: (text.width + 2 * padding.x * fontSize, text.height + 2 * padding.y * fontSize))
            }
            result = Result(
                labels: placing.labels, fontSize: fontSize, isCrowded: placing.isCrowded,
                crossesFaces: placing.crossesFaces)
            if !result.isCrowded, !result.crossesFaces { break }
            if !result.isCrowded, crossing == nil { crossing = result }
        }
        return result
    }

    /// Labels that have their place, and where the next one may go.
    private struct Placing {
        let boxes: [Rect]
        let size: (width: Double, height: Double)
        let mayCover: Bool
        var labels: [Label] = []
        var isCrowded = false
        var crossesFaces = false

        mutating func add(_ text: String, of index: Int, extent: (width: Double, height: Double)) {
            var best: (label: Label, cost: Double, covered: Double)?
            for (distance, frame) in frames(extent, around: boxes[index]) {
                let frame = frame.kept(within: size)
                let label = Label(text: text, frame: frame, leader: Self.leader(frame, boxes[index], extent.height))
                let covered = covered(by: label)
                // A place nearby is better than one far away or with a line over faces, and any is better than to cover
                // something.
                let cost =
                    covered * (mayCover ? 100 : 10_000) + crossed(by: label, of: index) * (mayCover ? 50 : 8) + distance
                if cost < best?.cost ?? .infinity { best = (label, cost, covered) }
                // Further away is no better.
                if distance > best?.cost ?? .infinity { break }
            }
            guard let best else { return }
            if best.covered > 0 { isCrowded = true }
            if crossed(by: best.label, of: index) > 0 { crossesFaces = true }
            labels.append(best.label)
        }

        /// Above, below and beside the box, then in rings around it; with how far away each is.
        private func frames(
            _ extent: (width: Double, height: Double), around box: Rect
        ) -> [(distance: Double, frame: Rect)] {
            let gap = extent.height * 0.12
            let (left, middle, right) = (
                box.x, box.x + (box.width - extent.width) / 2, box.x + box.width - extent.width
            )
            var frames: [(Double, Rect)] = []
            for y in [box.y - extent.height - gap, box.y + box.height + gap] {
                for x in [left, middle, right] {
                    frames.append((0, Rect(x: x, y: y, width: extent.width, height: extent.height)))
                }
            }
            for x in [box.x + box.width + gap, box.x - extent.width - gap] {
                for y in [box.y, box.y + box.height - extent.height] {
                    frames.append((0.1, Rect(x: x, y: y, width: extent.width, height: extent.height)))
                }
            }
            for ring in 1...14 {
                let away = Double(ring) * extent.height
                for (right, down) in Self.directions {
                    let x = box.x + box.width / 2 + right * (box.width / 2 + extent.width / 2 + away)
                    let y = box.y + box.height / 2 + down * (box.height / 2 + extent.height / 2 + away)
                    frames.append(
                        (
                            Double(ring),
                            Rect(
                                x: x - extent.width / 2, y: y - extent.height / 2, width: extent.width,
                                height: extent.height)
                        ))
                }
            }
            return frames
        }

        /// Sixteen places on the edge of a square.
        private static let directions: [(Double, Double)] = [
            (0, -1), (0, 1), (1, 0), (-1, 0), (0.5, -1), (-0.5, -1), (0.5, 1), (-0.5, 1), (1, -1), (-1, -1), (1, 1),
            (-1, 1), (1, -0.5), (-1, -0.5), (1, 0.5), (-1, 0.5),
        ]

        /// How much a label and its line would cover of other labels, their lines and faces, in the label's heights.
        private func covered(by label: Label) -> Double {
            let unit = label.frame.height
            var sum = 0.0
            for other in labels {
                sum += 4 * label.frame.overlap(other.frame) / unit
                if let line = other.leader { sum += 2 * line.length(in: label.frame) }
                if let line = label.leader { sum += 2 * line.length(in: other.frame) }
            }
            for box in boxes { sum += label.frame.overlap(box) / unit }
            return sum / unit
        }

        /// How much of its line lies over other faces, in the label's heights: in the middle of a crowd there is no other way.
        private func crossed(by label: Label, of index: Int) -> Double {
            guard let line = label.leader else { return 0 }
            return boxes.indices.reduce(0) { $1 == index ? $0 : $0 + line.length(in: boxes[$1]) } / label.frame.height
        }

        /// From the nearest point of the label to the nearest of the box.
        private static func leader(_ frame: Rect, _ box: Rect, _ height: Double) -> Line? {
            func nearest(_ one: (Double, Double), _ other: (Double, Double)) -> (Double, Double) {
                // Where both lie side by side, in the middle of what they share.
                let (low, high) = (max(one.0, other.0), min(one.1, other.1))
                if low <= high { return ((low + high) / 2, (low + high) / 2) }
                return one.1 < other.0 ? (one.1, other.0) : (one.0, other.1)
            }
            let x = nearest((frame.x, frame.x + frame.width), (box.x, box.x + box.width))
            let y = nearest((frame.y, frame.y + frame.height), (box.y, box.y + box.height))
            let (dx, dy) = (x.1 - x.0, y.1 - y.0)
            guard (dx * dx + dy * dy).squareRoot() > height * 0.3 else { return nil }
            return Line(from: (x.0, y.0), to: (x.1, y.1))
        }
    }
}
