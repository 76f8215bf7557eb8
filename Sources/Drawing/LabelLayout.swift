/// Finds places for labels near their boxes.
enum LabelLayout {
    struct Label {
        let line: TextLine
        let frame: Rect
        let padding: (x: Double, y: Double)
    }

    /// Font sizes as fractions of the picture's long side: the first is 11 points when 1600 pixels fill a phone's width,
    /// the last can just be read there.
    private static let scales = [0.030, 0.025, 0.021]

    /// Places all labels with the longest text, and at the largest size, at which they neither cover one another nor the
    /// middle of any box.
    static func place(_ annotations: [Annotation], on canvas: Canvas) throws(DrawingError) -> [Label] {
        let longSide = Double(max(canvas.width, canvas.height))
        let levels = 0...(annotations.map(\.shorter.count).max() ?? 0)
        var best: [Label] = []
        for level in levels {
            let shortened = annotations.map { $0.shortened(to: level) }
            for scale in scales {
                let (labels, covered) = try place(shortened, fontSize: max(11, longSide * scale), on: canvas)
                if !covered { return labels }
                best = labels
            }
        }
        return best
    }

    private static func place(
        _ annotations: [Annotation], fontSize: Double, on canvas: Canvas
    ) throws(DrawingError) -> ([Label], covered: Bool) {
        let size = (width: Double(canvas.width), height: Double(canvas.height))
        let padding = (x: fontSize * 0.35, y: fontSize * 0.08)
        var labels: [Label] = []
        var covered = false
        for annotation in annotations {
            let line = try TextLine(annotation.text, fontSize: fontSize, on: canvas)
            let extent = (line.size.width + 2 * padding.x, line.size.height + 2 * padding.y)
            let candidates = frames(extent, around: annotation.box).map { $0.kept(within: size) }
            let costs = candidates.map { cost(of: $0, taken: labels.map(\.frame), boxes: annotations.map(\.box)) }
            guard let index = costs.indices.min(by: { costs[$0] < costs[$1] }) else { continue }
            if costs[index] > 0 || extent.0 > size.width { covered = true }
            labels.append(Label(line: line, frame: candidates[index], padding: padding))
        }
        return (labels, covered)
    }

    /// Above, below, beside and inside the box, in order of preference.
    private static func frames(_ extent: (Double, Double), around box: Rect) -> [Rect] {
        let gap = extent.1 * 0.12
        let middle = box.x + (box.width - extent.0) / 2
        let rows = [box.y - extent.1 - gap, box.y + box.height + gap]
        var frames: [Rect] = []
        for y in rows {
            for x in [box.x, middle, box.x + box.width - extent.0] {
                frames.append(Rect(x: x, y: y, width: extent.0, height: extent.1))
            }
        }
        for x in [box.x + box.width + gap, box.x - extent.0 - gap] {
            for y in [box.y, box.y + box.height - extent.1] {
                frames.append(Rect(x: x, y: y, width: extent.0, height: extent.1))
            }
        }
        frames.append(Rect(x: middle, y: box.y + box.height - extent.1, width: extent.0, height: extent.1))
        return frames
    }

    /// The covered area of labels, and of the inner part of boxes, where eyes and mouth are.
    private static func cost(of frame: Rect, taken: [Rect], boxes: [Rect]) -> Double {
        let labels = taken.reduce(0) { $0 + frame.overlap($1) }
        let faces = boxes.reduce(0) { sum, box in
            let inner = Rect(
                x: box.x + box.width * 0.1, y: box.y + box.height * 0.15, width: box.width * 0.8,
                height: box.height * 0.7)
            return sum + frame.overlap(inner)
        }
        // A covered label says nothing at all; a covered face can still be guessed.
        return labels * 2 + faces
    }
}

extension Annotation {
    /// The annotation with its text cut short by so many steps, or by as many as it has.
    fileprivate func shortened(to level: Int) -> Annotation {
        let texts = [text] + shorter
        return Annotation(box: box, text: texts[min(level, texts.count - 1)], colour: colour)
    }
}
