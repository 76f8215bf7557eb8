import Imaging
import Testing

private let red = [220, 30, 30]
private let blue = [30, 60, 210]

@Suite struct DecodingTests {
    @Test(arguments: [
        "halves.jpg", "halves.png", "halves-lossy.webp", "palette.png", "progressive.jpg",
    ])
    func eachFormatShowsItsColoursInPlace(file: String) throws {
        let raster = try Photo(Fixtures.bytes("pictures/\(file)")).decode(longSide: 1000)
        #expect((raster.width, raster.height) == (64, 40))
        #expect(near(try raster.pixel(10, 20), red, 14))
        #expect(near(try raster.pixel(54, 20), blue, 14))
    }

    @Test func cmykBecomesSRGB() throws {
        let raster = try Photo(Fixtures.bytes("pictures/cmyk.jpg")).decode(longSide: 1000)
        let (left, right) = (try raster.pixel(10, 20), try raster.pixel(54, 20))
        #expect(left[0] > left[2] + 80)
        #expect(right[2] > right[0] + 80)
    }

    @Test func greyGetsThreeEqualBands() throws {
        let raster = try Photo(Fixtures.bytes("pictures/grey.jpg")).decode(longSide: 1000)
        let pixel = try raster.pixel(10, 20)
        // 0.299 × 220 + 0.587 × 30 + 0.114 × 30
        #expect(near(pixel, [87, 87, 87], 4))
        #expect(pixel[0] == pixel[1] && pixel[1] == pixel[2])
    }

    @Test func sixteenBitsKeepTheirUpperEight() throws {
        let raster = try Photo(Fixtures.bytes("pictures/grey-16.png")).decode(longSide: 1000)
        #expect(near(try raster.pixel(20, 16), [128, 128, 128], 1))
    }

    @Test func transparencyIsLaidOnWhite() throws {
        let grey = try Photo(Fixtures.bytes("pictures/grey-alpha.png")).decode(longSide: 1000)
        #expect(near(try grey.pixel(6, 16), [200, 200, 200], 1))
        #expect(try grey.pixel(40, 16) == [255, 255, 255])
        let colour = try Photo(Fixtures.bytes("pictures/colour-alpha.png")).decode(longSide: 1000)
        #expect(near(try colour.pixel(6, 16), [30, 200, 40], 1))
        #expect(try colour.pixel(40, 16) == [255, 255, 255])
    }

    @Test func onlyTheFirstFrameOfAnAnimationIsUsed() throws {
        let photo = try Photo(Fixtures.bytes("pictures/animated.webp"))
        #expect((photo.width, photo.height) == (48, 32))
        #expect(near(try photo.decode(longSide: 1000).pixel(24, 16), red, 4))
    }

    @Test func anEmbeddedProfileIsApplied() throws {
        let raster = try Photo(Fixtures.bytes("pictures/swapped-profile.jpg")).decode(longSide: 1000)
        let pixel = try raster.pixel(24, 16)
        #expect(pixel[1] > pixel[0] + 100)
    }

    /// Where the stored left top corner lies in the upright photo, for each orientation (EXIF 2.3, tag 0x0112).
    @Test(arguments: [
        (1, false, false), (2, true, false), (3, true, true), (4, false, true), (5, false, false), (6, true, false),
        (7, true, true), (8, false, true),
    ])
    func everyOrientationIsSetUpright(orientation: UInt8, right: Bool, bottom: Bool) throws {
        let photo = try Photo(Fixtures.oriented(Fixtures.jpeg(width: 96, height: 64), orientation))
        let turned = orientation >= 5
        #expect((photo.width, photo.height) == (turned ? 64 : 96, turned ? 96 : 64))
        let raster = try photo.decode(longSide: 1000)
        #expect((raster.width, raster.height) == (photo.width, photo.height))
        let corner = try raster.pixel(right ? raster.width - 3 : 2, bottom ? raster.height - 3 : 2)
        #expect(near(corner, [6, 8, 128], 14))
    }

    @Test func aLargePhotoIsDecodedAtTheSizeThatIsAskedFor() throws {
        let raster = try Photo(Fixtures.jpeg(width: 2000, height: 1000)).decode(longSide: 320)
        #expect((raster.width, raster.height) == (320, 160))
        #expect(near(try raster.pixel(160, 80), [128, 128, 128], 6))
    }

    @Test func aSmallPhotoKeepsItsSize() throws {
        let raster = try Photo(Fixtures.jpeg(width: 30, height: 20)).decode(longSide: 1600)
        #expect((raster.width, raster.height) == (30, 20))
    }

    /// A region must be the same pixels as the whole, whatever the orientation.
    @Test(arguments: 1...8 as ClosedRange<UInt8>)
    func aRegionShowsWhatTheWholeShowsThere(orientation: UInt8) throws {
        let photo = try Photo(Fixtures.oriented(Fixtures.jpeg(width: 160, height: 120, quality: 97), orientation))
        let whole = try photo.decode(longSide: 1000)
        let (raster, region) = try photo.decode(region: PixelRect(x: 20, y: 34, width: 40, height: 26), scale: 1)
        #expect(region == PixelRect(x: 20, y: 34, width: 40, height: 26))
        #expect((raster.width, raster.height) == (40, 26))
        for (x, y) in [(0, 0), (39, 0), (20, 13), (0, 25), (39, 25)] {
            #expect(near(try raster.pixel(x, y), try whole.pixel(20 + x, 34 + y), 3))
        }
    }

    @Test func aRegionOfALargePhotoIsShrunkWhileLoading() throws {
        let photo = try Photo(Fixtures.jpeg(width: 1600, height: 1200))
        let (raster, _) = try photo.decode(region: PixelRect(x: 400, y: 300, width: 800, height: 600), scale: 0.25)
        #expect((raster.width, raster.height) == (200, 150))
        #expect(near(try raster.pixel(100, 75), [128, 128, 128], 6))
    }

    @Test func aRegionOutsideOfThePhotoIsRefused() throws {
        let photo = try Photo(Fixtures.jpeg(width: 64, height: 64))
        #expect(throws: ImagingError.self) {
            try photo.decode(region: PixelRect(x: 64, y: 0, width: 10, height: 10), scale: 1)
        }
    }
}
