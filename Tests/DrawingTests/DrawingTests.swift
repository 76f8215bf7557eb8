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
    /// A grey picture of that size with boxes drawn, and their labels large enough for a screen.
    private func drawn(_ annotations: [Annotation], _ width: Int, _ height: Int) throws -> Canvas {
        let canvas = try Canvas(width: width, height: height, level: 120)
        let picture = try PrintPicture(
            width: width, height: height, annotations: annotations, legend: [], medium: .screen)
        try picture.draw(on: canvas, top: 0)
        return canvas
    }

    private func changed(_ canvas: Canvas) throws -> [(x: Int, y: Int)] {
        let pixels = try canvas.pixels()
        return (0..<(canvas.width * canvas.height)).filter { index in
            (0..<3).contains { pixels[index * 3 + $0] != 120 }
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
        let vermilion = Colour(hex: 0xD55E00)
        let canvas = try drawn(
            [Annotation(box: Rect(x: 100, y: 120, width: 80, height: 90), text: "1 angry 90 %", colour: vermilion)],
            400, 300)
        let pixels = try canvas.pixels()
        let edge = (165 * 400 + 100) * 3
        #expect(Array(pixels[edge..<(edge + 3)]) == [0xD5, 0x5E, 0x00])
        let middle = (165 * 400 + 140) * 3
        #expect(Array(pixels[middle..<(middle + 3)]) == [120, 120, 120])
    }

    @Test func theLabelLiesOverTheBoxAndHoldsText() throws {
        let canvas = try drawn(
            [Annotation(box: Rect(x: 200, y: 200, width: 90, height: 90), text: "1 happy 87 %", colour: .white)],
            600, 400)
        let pixels = try canvas.pixels()
        let above = try changed(canvas).filter { $0.y < 190 }
        let dark = above.filter { pixels[($0.y * 600 + $0.x) * 3] < 60 }
        let light = above.filter { pixels[($0.y * 600 + $0.x) * 3] > 240 }
        // White ground with black letters on it.
        #expect(light.count > 500)
        #expect(dark.count > 100)
    }

    @Test func labelsStayInsideOfThePicture() throws {
        let boxes = [
            Rect(x: 0, y: 0, width: 40, height: 40), Rect(x: 260, y: 0, width: 40, height: 40),
            Rect(x: 260, y: 260, width: 40, height: 40),
        ]
        let canvas = try drawn(
            boxes.map { Annotation(box: $0, text: "1 surprise 100 %", colour: .white) }, 300, 300)
        let points = try changed(canvas)
        #expect(points.contains { $0.y > 45 && $0.y < 100 && $0.x < 60 })
        #expect(points.contains { $0.y < 255 && $0.y > 200 && $0.x > 240 })
    }

    @Test func labelsOfNeighboursDoNotCoverOneAnother() throws {
        let boxes = [Rect(x: 150, y: 200, width: 30, height: 40), Rect(x: 185, y: 202, width: 30, height: 40)]
        let red = Colour(hex: 0xFF0000)
        let both = try drawn(boxes.map { Annotation(box: $0, text: "1 neutral 55 %", colour: red) }, 500, 400)
        let one = try drawn([Annotation(box: boxes[0], text: "1 neutral 55 %", colour: red)], 500, 400)
        func reds(_ canvas: Canvas) throws -> Int {
            let pixels = try canvas.pixels()
            return stride(from: 0, to: pixels.count, by: 3)
                .count { pixels[$0] == 255 && pixels[$0 + 1] == 0 && pixels[$0 + 2] == 0 }
        }
        #expect(try reds(both) > reds(one) * 17 / 10)
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
