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

    @Test(arguments: ["halves.heic", "halves.avif"])
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
