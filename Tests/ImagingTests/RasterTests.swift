import Imaging
import Testing

@Suite struct RasterTests {
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

    @Test func paddingIsBlackAndAtRightAndBottom() throws {
        let raster = try Fixtures.pattern(width: 20, height: 10)
        let padded = try raster.padded(width: 32, height: 32)
        #expect(try padded.pixel(7, 3) == raster.pixel(7, 3))
        #expect(try padded.pixel(31, 3) == [0, 0, 0])
        #expect(try padded.pixel(3, 31) == [0, 0, 0])
    }

    @Test func resizingKeepsTheProportions() throws {
        let raster = try Fixtures.pattern(width: 300, height: 200)
        for fast in [true, false] {
            let small = try raster.resized(longSide: 100, fast: fast)
            #expect((small.width, small.height) == (100, 67))
            #expect(near(try small.pixel(50, 33), [128, 128, 128], 6))
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
}
