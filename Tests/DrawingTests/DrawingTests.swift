import Drawing
import Testing

extension Canvas {
    /// A canvas of one grey.
    convenience init(width: Int, height: Int, level: UInt8) throws {
        try self.init(width: width, height: height) { memory, stride in
            memory.update(repeating: level, count: stride * height)
        }
    }

    /// `width` × `height` × 3 bytes, red green blue, row by row.
    func pixels() throws -> [UInt8] {
        try withMemory { memory, stride in
            var pixels: [UInt8] = []
            pixels.reserveCapacity(width * height * 3)
            for y in 0..<height {
                for x in 0..<width {
                    let pixel = memory + y * stride + x * 4
                    pixels.append(pixel[2])
                    pixels.append(pixel[1])
                    pixels.append(pixel[0])
                }
            }
            return pixels
        }
    }
}

@Suite struct DrawingTests {
    private func canvas(_ width: Int, _ height: Int, level: UInt8 = 120) throws -> Canvas {
        try Canvas(width: width, height: height, level: level)
    }

    private func changed(_ canvas: Canvas, level: UInt8 = 120) throws -> [(x: Int, y: Int)] {
        let pixels = try canvas.pixels()
        return (0..<(canvas.width * canvas.height)).filter { index in
            (0..<3).contains { pixels[index * 3 + $0] != level }
        }.map { ($0 % canvas.width, $0 / canvas.width) }
    }

    @Test func pixelsSurviveTheWayThroughCairo() throws {
        let canvas = try Canvas(width: 7, height: 5) { memory, stride in
            for y in 0..<5 {
                for x in 0..<7 {
                    for band in 0..<3 { memory[y * stride + x * 4 + band] = UInt8(y * 21 + x * 3 + band) }
                }
            }
        }
        // Blue is first in the canvas' memory and last in what is asked for here.
        let expected = (0..<35).flatMap { pixel in [2, 1, 0].map { UInt8(pixel * 3 + $0) } }
        #expect(try canvas.pixels() == expected)
    }

    @Test func aBoxIsDrawnInItsColourWhereItIs() throws {
        let canvas = try canvas(400, 300)
        let vermilion = Colour(hex: 0xD55E00)
        try canvas.draw([
            Annotation(box: Rect(x: 100, y: 120, width: 80, height: 90), text: "1 angry 90 %", colour: vermilion)
        ])
        let pixels = try canvas.pixels()
        let edge = (165 * 400 + 100) * 3
        #expect(Array(pixels[edge..<(edge + 3)]) == [0xD5, 0x5E, 0x00])
        let middle = (165 * 400 + 140) * 3
        #expect(Array(pixels[middle..<(middle + 3)]) == [120, 120, 120])
    }

    @Test func theLabelLiesOverTheBoxAndHoldsText() throws {
        let canvas = try canvas(600, 400)
        try canvas.draw([
            Annotation(box: Rect(x: 200, y: 200, width: 90, height: 90), text: "1 happy 87 %", colour: .white)
        ])
        let pixels = try canvas.pixels()
        let above = try changed(canvas).filter { $0.y < 190 }
        let dark = above.filter { pixels[($0.y * 600 + $0.x) * 3] < 60 }
        let light = above.filter { pixels[($0.y * 600 + $0.x) * 3] > 240 }
        // White ground with black letters on it.
        #expect(light.count > 500)
        #expect(dark.count > 100)
    }

    @Test func labelsStayInsideOfThePicture() throws {
        let canvas = try canvas(300, 300)
        for box in [
            Rect(x: 0, y: 0, width: 40, height: 40), Rect(x: 260, y: 0, width: 40, height: 40),
            Rect(x: 260, y: 260, width: 40, height: 40),
        ] {
            try canvas.draw([Annotation(box: box, text: "1 surprise 100 %", colour: .white)])
        }
        let points = try changed(canvas)
        #expect(points.contains { $0.y > 45 && $0.y < 100 && $0.x < 60 })
        #expect(points.contains { $0.y < 255 && $0.y > 200 && $0.x > 240 })
    }

    @Test func labelsOfNeighboursDoNotCoverOneAnother() throws {
        let boxes = [Rect(x: 150, y: 200, width: 30, height: 40), Rect(x: 185, y: 202, width: 30, height: 40)]
        let red = Colour(hex: 0xFF0000)
        let both = try canvas(500, 400)
        try both.draw(boxes.map { Annotation(box: $0, text: "1 neutral 55 %", colour: red) })
        let one = try canvas(500, 400)
        try one.draw([Annotation(box: boxes[0], text: "1 neutral 55 %", colour: red)])
        func reds(_ canvas: Canvas) throws -> Int {
            let pixels = try canvas.pixels()
            return stride(from: 0, to: pixels.count, by: 3)
                .count { pixels[$0] == 255 && pixels[$0 + 1] == 0 && pixels[$0 + 2] == 0 }
        }
        #expect(try reds(both) > reds(one) * 17 / 10)
    }

    @Test func whereThereIsNoRoomLabelsAreShorterAndNoFaceIsCovered() throws {
        // A wall of faces with gaps in which a number has room, and words have not.
        var boxes: [Rect] = []
        for row in 0..<6 {
            for column in 0..<10 {
                let (x, y) = (Double(20 + column * 150), Double(60 + row * 170))
                boxes.append(Rect(x: x, y: y, width: 110, height: 120))
            }
        }
        let canvas = try canvas(1600, 1200)
        try canvas.draw(
            boxes.enumerated().map {
                Annotation(
                    box: $1, text: "\($0 + 1) surprise 100 %", shorter: ["\($0 + 1) surprise", "\($0 + 1)"],
                    colour: .white)
            })
        let middles = try changed(canvas).filter { point in
            boxes.contains { box in
                let across = abs(Double(point.x) - box.x - 55)
                let down = abs(Double(point.y) - box.y - 60)
                return across < 41 && down < 39
            }
        }
        #expect(middles.isEmpty)
        // All labels together, as numbers of readable size: some ten pixels wide and high each.
        #expect(try changed(canvas).count > 60 * 400)
    }

    @Test(arguments: [0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x0072B2, 0x56B4E9, 0x8A8F98] as [UInt32])
    func textIsReadableOnEveryEmotionsColour(hex: UInt32) {
        let colour = Colour(hex: hex)
        #expect(colour.contrast(with: colour.textColour) >= 4.5)
    }

    @Test func contrastIsThatOfWCAG() {
        #expect(abs(Colour.black.contrast(with: .white) - 21) < 0.001)
        #expect(abs(Colour(hex: 0x767676).contrast(with: .white) - 4.54) < 0.01)
    }

    @Test(arguments: [(0, 0), (1, 0), (32_768, 1), (1, 32_768), (-1, 5)])
    func anImpossibleSizeIsRefused(width: Int, height: Int) {
        #expect(throws: DrawingError.self) {
            try Canvas(width: width, height: height) { _, _ in Issue.record("There is no memory to fill.") }
        }
    }
}
