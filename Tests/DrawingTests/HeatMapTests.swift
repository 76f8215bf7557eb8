import Testing

@testable import Drawing

@Suite struct HeatMapTests {
    @Test func strengthIsInterpolatedBetweenCellsAndNeverNegative() {
        let map = HeatMap(columns: 2, values: [4, -4])
        #expect(map.strength(x: 0.25, y: 0.5) == 1 && map.strength(x: 0, y: 0) == 1)
        #expect(abs(map.strength(x: 0.375, y: 0.5) - 0.5) < 1e-9)
        #expect(map.strength(x: 0.75, y: 0.5) == 0 && map.strength(x: 0.5, y: 0.5) == 0)
        for values in [[-2], [], [1, 2, 3]] as [[Float]] {
            #expect(HeatMap(columns: 2, values: values).strength(x: 0.5, y: 0.5) == 0)
        }
    }

    /// The more counted, the brighter, on any ground: without colours the map says the same.
    @Test(arguments: [0.0, 0.5, 1.0]) func brightnessAloneTells(ground: Double) {
        let levels = (0...10).map { step in
            let tint = HeatMap.tint(Double(step) / 10)
            func over(_ colour: Double) -> Double { ground * (1 - tint.opacity) + colour * tint.opacity }
            return 0.2126 * over(tint.red) + 0.7152 * over(tint.green) + 0.0722 * over(tint.blue)
        }
        #expect(zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 })
        #expect(levels[10] - levels[0] > 0.25)
    }

    @Test func aLineRunsRoundWhatCountedMost() {
        let side = 64
        var values = [Float](repeating: 0, count: 36)
        values[14] = 1
        let tints = HeatMap(columns: 6, values: values).tints(side: side)
        let white = HeatMap.Tint(red: 1, green: 1, blue: 1, opacity: 0.9)
        func isLine(_ x: Int, _ y: Int) -> Bool { tints[y * side + x] == white }
        // The cell's middle is at 5/12 of each side; halfway to its neighbours' middles the strength is a half.
        let (middle, half) = (side * 5 / 12, side / 12)
        for (x, y) in [
            (middle - half, middle), (middle + half, middle), (middle, middle - half), (middle, middle + half),
        ] {
            #expect((-1...1).contains { isLine(x + $0, y) || isLine(x, y + $0) }, "\(x), \(y)")
        }
        #expect(!isLine(middle, middle) && !isLine(2, 2))
        #expect(!HeatMap(columns: 1, values: [3]).tints(side: 8).contains(white))
    }

    @Test func aMapIsAPNGThatShowsThrough() throws {
        let png = try HeatMap(columns: 2, values: [1, 0, 0, 0]).png(side: 48)
        #expect(png.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        // IHDR (PNG, 11.2.2): width, height, eight bits, truecolour with alpha.
        #expect(png[16..<26] == [0, 0, 0, 48, 0, 0, 0, 48, 8, 6])
        #expect(throws: DrawingError.self) { try HeatMap(columns: 1, values: [1]).png(side: 0) }
    }
}
