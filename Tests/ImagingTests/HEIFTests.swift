import Imaging
import Testing

/// The pictures are halves of red and blue, as `make_pictures.py` says.
@Suite struct HEIFTests {
    @Test(arguments: ["halves.heic", "halves.avif"])
    func whereTheyAreAcceptedTheyAreReadLikeOthers(file: String) throws {
        let photo = try Photo(Fixtures.bytes("pictures/\(file)"), acceptsHEIF: true)
        #expect(photo.format == .heif)
        let raster = try photo.decode(longSide: 1000)
        #expect((raster.width, raster.height) == (64, 40))
        #expect(near(try raster.pixel(10, 20), [220, 30, 30], 16))
        #expect(near(try raster.pixel(54, 20), [30, 60, 210], 16))
        let small = try photo.decode(longSide: 32)
        #expect((small.width, small.height) == (32, 20))
    }

    @Test(arguments: ["halves.heic", "halves.avif"])
    func theyAreRefusedWhereNothingIsSaid(file: String) throws {
        let error = #expect(throws: ImagingError.self) { try Photo(Fixtures.bytes("pictures/\(file)")) }
        #expect(error?.code == .unsupportedFormat)
        #expect(error?.description.hasSuffix("Use JPEG, PNG or WebP.") == true)
    }

    @Test func theContainersTurnIsApplied() throws {
        let photo = try Photo(Fixtures.bytes("pictures/turned.heic"), acceptsHEIF: true)
        #expect((photo.width, photo.height) == (40, 64) && photo.orientation == 1)
        let raster = try photo.decode(longSide: 1000)
        // Stored as red beside blue, meant to be turned right by a quarter: red above blue.
        #expect(near(try raster.pixel(20, 10), [220, 30, 30], 16))
        #expect(near(try raster.pixel(20, 54), [30, 60, 210], 16))
    }

    @Test(arguments: ["exif-turned.heic", "exif-turned.avif"])
    func aTurnInEXIFAloneIsApplied(file: String) throws {
        let photo = try Photo(Fixtures.bytes("pictures/\(file)"), acceptsHEIF: true)
        #expect((photo.width, photo.height) == (40, 64) && photo.orientation == 6)
        for raster in [
            try photo.decode(longSide: 1000),
            try photo.decode(region: PixelRect(x: 0, y: 0, width: 40, height: 64), scale: 1).raster,
        ] {
            #expect((raster.width, raster.height) == (40, 64))
            #expect(near(try raster.pixel(20, 10), [220, 30, 30], 16))
            #expect(near(try raster.pixel(20, 54), [30, 60, 210], 16))
        }
    }

    /// The eight orientations (EXIF 2.3, tag 0x0112), and where the red half is to be seen: the stored one is on the left.
    @Test(arguments: [
        (1, 10, 20, 54, 20), (2, 54, 20, 10, 20), (3, 54, 20, 10, 20), (4, 10, 20, 54, 20),
        (5, 20, 10, 20, 54), (6, 20, 10, 20, 54), (7, 20, 54, 20, 10), (8, 20, 54, 20, 10),
    ])
    func everyOrientationInEXIFAloneIsApplied(
        orientation: Int, redX: Int, redY: Int, blueX: Int, blueY: Int
    ) throws {
        let original = try Fixtures.bytes("pictures/exif-turned.heic")
        let photo = try Photo(Self.said(orientation, in: original), acceptsHEIF: true)
        #expect(photo.orientation == orientation)
        let raster = try photo.decode(longSide: 1000)
        #expect(near(try raster.pixel(redX, redY), [220, 30, 30], 16))
        #expect(near(try raster.pixel(blueX, blueY), [30, 60, 210], 16))
    }

    @Test(arguments: [0, 9, 255])
    func anOrientationThatIsNoneTurnsNothing(orientation: Int) throws {
        let original = try Fixtures.bytes("pictures/exif-turned.heic")
        let photo = try Photo(Self.said(orientation, in: original), acceptsHEIF: true)
        #expect((photo.width, photo.height) == (64, 40) && photo.orientation == 1)
    }

    /// The same file with another orientation in its EXIF data, which have the tag 0x0112 as a SHORT once, in big-endian order.
    private static func said(_ orientation: Int, in original: [UInt8]) throws -> [UInt8] {
        let tag: [UInt8] = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0]
        let place = try #require(
            original.indices.first { original[$0...].starts(with: tag + [6]) }, "no orientation 6 in the fixture")
        var bytes = original
        bytes[place + tag.count] = UInt8(orientation)
        return bytes
    }

    @Test func sequencesAndVideosStayRefused() {
        for brand in ["hevc", "avis", "msf1", "isom", "qt  "] {
            let bytes = Array("\u{0}\u{0}\u{0}\u{18}ftyp\(brand)\u{0}\u{0}\u{0}\u{0}".utf8)
            let error = #expect(throws: ImagingError.self) { try Photo(bytes, acceptsHEIF: true) }
            #expect(error?.code == .unsupportedFormat)
            #expect(error?.description.hasSuffix("Use JPEG, PNG, WebP, HEIC or AVIF.") == true)
        }
    }

    @Test func theLimitOfPixelsHoldsForThemToo() throws {
        let error = #expect(throws: ImagingError.self) {
            try Photo(Fixtures.bytes("pictures/halves.heic"), maxPixels: 2559, acceptsHEIF: true)
        }
        #expect(error?.code == .tooManyPixels)
    }

    @Test(arguments: ["halves.heic", "halves.avif", "exif-turned.heic", "exif-turned.avif"])
    func cutAndMutatedFilesGiveAResultOrATypedError(file: String) throws {
        let original = try Fixtures.bytes("pictures/\(file)")
        var generator = SeededGenerator(state: 20_261_124)
        for round in 0..<200 {
            var bytes = original
            if round % 4 == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count - 12, using: &generator)) }
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: 0...255, using: &generator)
            }
            do {
                _ = try Photo(bytes, acceptsHEIF: true).decode(longSide: 200)
            } catch {
                #expect([.damaged, .unsupportedFormat, .tooManyPixels].contains(error.code))
            }
        }
    }
}
