import Imaging
import Testing

@Suite struct RasterTests {
    @Test func turningMovesThePixelsClockwise() throws {
        let raster = try Raster(pixels: [1, 1, 1, 2, 2, 2], width: 2, height: 1)
        let turns = [0: [1, 2], 90: [1, 2], 180: [2, 1], 270: [2, 1]] as [Int: [UInt8]]
        for (degrees, order) in turns {
            let turned = try raster.turned(clockwise: degrees)
            #expect((turned.width, turned.height) == (degrees % 180 == 0 ? 2 : 1, degrees % 180 == 0 ? 1 : 2))
            #expect(try turned.withPixels { [$0[0], $0[3]] } == order)
        }
        #expect(throws: ImagingError.self) { try raster.turned(clockwise: 45) }
    }

    @Test func pixelsComeOutAsTheyWentIn() throws {
        let pixels: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
        let raster = try Raster(pixels: pixels, width: 2, height: 2)
        #expect(try raster.withPixels { [UInt8]($0) } == pixels)
    }

    @Test func aWrongCountOfPixelsIsRefused() {
        let error = #expect(throws: ImagingError.self) { try Raster(pixels: [1, 2, 3], width: 2, height: 2) }
        #expect(error?.code == .internal)
    }

    @Test func aPartOverTheEdgeRepeatsTheEdge() throws {
        let raster = try Fixtures.pattern(width: 20, height: 10)
        let part = try raster.extracting(PixelRect(x: -5, y: -4, width: 30, height: 18))
        #expect((part.width, part.height) == (30, 18))
        #expect(try part.pixel(0, 0) == raster.pixel(0, 0))
        #expect(try part.pixel(29, 17) == raster.pixel(19, 9))
        #expect(try part.pixel(5 + 7, 4 + 3) == raster.pixel(7, 3))
    }

    @Test func aNetworksInputIsAPartScaledAtTheLeftTopOfABlackSquare() throws {
        let raster = try Fixtures.pattern(width: 200, height: 100)
        let pixels = try raster.square(
            of: PixelRect(x: 100, y: 0, width: 100, height: 100), scaledTo: (25, 25), side: 32)
        #expect(pixels.count == 32 * 32 * 3)
        func pixel(_ x: Int, _ y: Int) -> [Int] { (0..<3).map { Int(pixels[(y * 32 + x) * 3 + $0]) } }
        // Its middle is three quarters to the right and half down.
        #expect(near(pixel(12, 12), [192, 128, 128], 4))
        #expect(pixel(25, 12) == [0, 0, 0] && pixel(12, 25) == [0, 0, 0])
        let same = try raster.square(of: PixelRect(x: 3, y: 5, width: 9, height: 7), scaledTo: (9, 7), side: 9)
        #expect(same.prefix(3).map(Int.init) == (try raster.pixel(3, 5)))
    }

    @Test func aNetworksInputNeverReachesOutOfThePictureOrTheSquare() throws {
        let raster = try Fixtures.pattern(width: 20, height: 10)
        let whole = PixelRect(x: 0, y: 0, width: 20, height: 10)
        for (area, width, height) in [
            (whole, 33, 10), (whole, 20, 0), (PixelRect(x: 1, y: 0, width: 20, height: 10), 20, 10),
            (PixelRect(x: 0, y: -1, width: 4, height: 4), 4, 4), (PixelRect(x: 0, y: 0, width: 0, height: 1), 1, 1),
        ] {
            #expect(throws: ImagingError.self) { try raster.square(of: area, scaledTo: (width, height), side: 32) }
        }
    }

    @Test func shrinkingBelowHalfAveragesAreas() throws {
        // Columns of 0 and 200 by turns: whoever samples points sees one of them.
        var pixels: [UInt8] = []
        for _ in 0..<30 { for x in 0..<300 { pixels += Array(repeating: x % 2 == 0 ? 0 : 200, count: 3) } }
        let raster = try Raster(pixels: pixels, width: 300, height: 30)
        let small = try raster.resized(width: 50, height: 10)
        for x in [0, 7, 25, 49] { #expect(near(try small.pixel(x, 5), [100, 100, 100], 3)) }
    }

    @Test func resizingKeepsTheProportions() throws {
        let raster = try Fixtures.pattern(width: 300, height: 200)
        for fast in [true, false] {
            let small = try raster.resized(longSide: 100, fast: fast)
            #expect((small.width, small.height) == (100, 67))
            #expect(near(try small.pixel(50, 33), [128, 128, 128], 6))
        }
    }

    @Test(arguments: [(30, 30), (70, 50), (80, 80), (200, 190), (201, 133)])
    func enlargingKeepsEverythingInItsPlace(width: Int, height: Int) throws {
        let raster = try Fixtures.pattern(width: 20, height: 20)
        let large = try raster.resized(width: width, height: height)
        #expect((large.width, large.height) == (width, height))
        // A pixel's middle in the large picture, by where that lies among the middles of the small one's. libvips (8.18) makes
        // it half a pixel late: up to 5 levels here.
        func expected(_ place: Int, of count: Int) -> Int {
            let place = (Double(place) + 0.5) * 20 / Double(count) - 0.5
            return Int((max(0, min(19, place)) * 255 / 19).rounded())
        }
        for share in [0.0, 0.1, 0.5, 0.7, 1.0] {
            let (x, y) = (Int(share * Double(width - 1)), Int(share * Double(height - 1)))
            let pixel = try large.pixel(x, y)
            #expect(near(pixel, [expected(x, of: width), expected(y, of: height), 128], 8), "\(pixel) at \(x), \(y)")
        }
    }

    @Test func lowerQualityMakesSmallerFilesAndTheBudgetDecides() throws {
        let raster = try Fixtures.pattern(width: 300, height: 200)
        let (high, low) = (try raster.jpeg(quality: 95), try raster.jpeg(quality: 30))
        #expect(low.count < high.count)
        #expect(try raster.jpeg(within: high.count - 1, qualities: [95, 30])?.count == low.count)
        #expect(try raster.jpeg(within: 10, qualities: [95, 30]) == nil)
    }

    @Test func anEncodedPictureDecodesToTheSameColours() throws {
        let raster = try Fixtures.pattern(width: 64, height: 64)
        let again = try Photo(raster.jpeg(quality: 95)).decode(longSide: 64)
        for place in [5, 20, 33, 60] { #expect(near(try again.pixel(place, place), try raster.pixel(place, place), 8)) }
    }

    @Test func aJPEGIsBaselineWithoutMetadataAndKeepsColoursAtHighQuality() throws {
        let raster = try Fixtures.pattern(width: 65, height: 33)
        for (quality, sampling) in [(1, 0x22), (89, 0x22), (90, 0x11), (100, 0x11)] as [(Int, UInt8)] {
            let bytes = try raster.jpeg(quality: quality)
            let segments = segments(of: bytes)
            // JFIF, tables, one frame of the baseline kind (ITU-T T.81, B.1.1.3), one scan.
            #expect(segments.map(\.marker).filter { $0 != 0xDB && $0 != 0xC4 } == [0xE0, 0xC0, 0xDA])
            let frame = try #require(segments.first { $0.marker == 0xC0 }).body
            #expect(frame[7] == sampling, "quality \(quality)")
            #expect(bytes.suffix(2) == [0xFF, 0xD9])
        }
        #expect(try raster.jpeg(quality: 0) == raster.jpeg(quality: 1))
        #expect(try raster.jpeg(quality: 101) == raster.jpeg(quality: 100))
    }

    @Test func aPictureLargerThanAnyJPEGIsRefused() throws {
        let strip = try Raster(pixels: [UInt8](repeating: 9, count: 70_000 * 3), width: 70_000, height: 1)
        let error = #expect(throws: ImagingError.self) { try strip.jpeg(quality: 80) }
        #expect(error?.code == .internal && error?.detail.isEmpty == false)
    }

    /// The segments up to the first scan; `body` begins after the length.
    private func segments(of jpeg: [UInt8]) -> [(marker: UInt8, body: [UInt8])] {
        var result: [(marker: UInt8, body: [UInt8])] = []
        var place = 2
        while place + 4 <= jpeg.count, jpeg[place] == 0xFF, result.last?.marker != 0xDA {
            let length = Int(jpeg[place + 2]) << 8 | Int(jpeg[place + 3])
            result.append((jpeg[place + 1], Array(jpeg[(place + 4)..<(place + 2 + length)])))
            place += 2 + length
        }
        return result
    }
}
