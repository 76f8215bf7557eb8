import Testing

@testable import Drawing

@Suite struct PrintPictureTests {
    /// Rows of faces that touch one another: no label has room beside its own.
    private func crowd(_ columns: Int = 5, _ rows: Int = 3) -> [Annotation] {
        (0..<(columns * rows)).map { index in
            Annotation(
                box: Rect(
                    x: Double(600 + index % columns * 62), y: Double(400 + index / columns * 72), width: 60, height: 70),
                text: "\(index + 1) surprise? 100 %", colour: Colour(hex: 0x56B4E9))
        }
    }

    private func layout(
        _ annotations: [Annotation], on medium: PrintPicture.Medium = .paper
    ) throws -> PrintLayout.Result {
        let ruler = try Canvas(blankWidth: 1, height: 1)
        return try PrintLayout.place(
            annotations, width: 1600, height: 1200, on: medium
        ) { text, size throws(DrawingError) in
            try TextLine(text, fontSize: size, on: ruler).size
        }
    }

    @Test func inACrowdEachLabelIsWholeAndALineLeadsToItsFace() throws {
        let crowd = crowd()
        let result = try layout(crowd)
        #expect(!result.isCrowded && result.labels.map(\.text) == crowd.map(\.text))
        #expect(result.fontSize >= 12)
        for (index, label) in result.labels.enumerated() {
            #expect(crowd.allSatisfy { label.frame.overlap($0.box) == 0 })
            #expect(result.labels[(index + 1)...].allSatisfy { label.frame.overlap($0.frame) == 0 })
            guard let line = label.leader else { continue }
            let box = crowd[index].box
            #expect(
                (box.x...(box.x + box.width)).contains(line.to.x) && (box.y...(box.y + box.height)).contains(line.to.y))
        }
        // The middle row has neighbours on all sides.
        #expect(result.labels[5..<10].contains { $0.leader != nil })
    }

    @Test func aLabelWithRoomStandsAtItsBoxWithoutALine() throws {
        let label = try layout([crowd()[0]]).labels[0]
        #expect(label.leader == nil)
        #expect(abs(label.frame.y + label.frame.height - 400) < 6)
    }

    @Test func labelsForAScreenAreLargerWhereTheyHaveRoom() throws {
        let few = [crowd()[0], crowd()[4]]
        #expect(try layout(few).fontSize == 1600 * 0.018 && layout(few, on: .screen).fontSize == 1600 * 0.030)
        let crowded = try layout(crowd(), on: .screen)
        #expect(!crowded.isCrowded && crowded.fontSize < 1600 * 0.030)
    }

    @Test func labelsAreSmallerRatherThanThatALineRunsOverAFace() throws {
        // Between two others, a small face whose label has room beside it in a smaller size alone.
        let boxes = [
            Rect(x: 100, y: 300, width: 400, height: 500), Rect(x: 560, y: 520, width: 60, height: 70),
            Rect(x: 900, y: 300, width: 400, height: 500), Rect(x: 520, y: 280, width: 360, height: 200),
            Rect(x: 520, y: 640, width: 360, height: 200),
        ]
        let result = try layout(
            boxes.enumerated().map { Annotation(box: $1, text: "\($0 + 1) surprise? 100 %", colour: .white) },
            on: .screen)
        #expect(!result.isCrowded && !result.crossesFaces && result.fontSize < 1600 * 0.030)
        #expect(result.labels[1].leader == nil)
    }

    @Test func howMuchOfALineLiesInARectangle() {
        let rect = Rect(x: 10, y: 10, width: 10, height: 10)
        #expect(PrintLayout.Line(from: (0, 15), to: (30, 15)).length(in: rect) == 10)
        #expect(PrintLayout.Line(from: (15, 15), to: (15, 18)).length(in: rect) == 3)
        #expect(PrintLayout.Line(from: (0, 0), to: (30, 5)).length(in: rect) == 0)
        #expect(PrintLayout.Line(from: (0, 25), to: (30, 25)).length(in: rect) == 0)
    }

    @Test func drawnInBandsItIsTheSamePicture() throws {
        let (width, height) = (1600, 1200)
        let picture = try PrintPicture(
            width: width, height: height, annotations: crowd(),
            legend: [.init("surprise 15", colour: Colour(hex: 0x56B4E9))] + (0..<60).map { .init("word\($0)") },
            medium: .paper)
        #expect(picture.pictureHeight == height && picture.height > height + 40)
        func drawn(_ bandHeight: Int) throws -> [UInt8] {
            var pixels: [UInt8] = []
            for top in stride(from: 0, to: picture.height, by: bandHeight) {
                let rows = min(bandHeight, picture.height - top)
                let canvas = try Canvas(width: width, height: rows, level: 255)
                try picture.draw(on: canvas, top: top)
                pixels += try canvas.pixels()
            }
            return pixels
        }
        let whole = try drawn(picture.height)
        let bands = try drawn(97)
        // Text may be set a fraction of a pixel apart.
        let different = zip(whole, bands).count { abs(Int($0) - Int($1)) > 64 }
        #expect(different < whole.count / 2_000, "\(different)")
        let legend = whole[(height * width * 3)...]
        #expect(legend.contains { $0 < 40 })
    }
}
