import Foundation
import Imaging
import Testing

private func code(of body: () throws -> Void) -> ImagingError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? ImagingError)?.code
    }
}

@Suite struct HostileInputTests {
    @Test func anEmptyFileIsDamaged() {
        #expect(code { _ = try Photo([]) } == .damaged)
    }

    @Test func textNamedJPGIsUnsupportedAndCalledText() throws {
        let error = #expect(throws: ImagingError.self) { try Photo(Array("Dear photo, be a photo.\n".utf8)) }
        #expect(error?.code == .unsupportedFormat)
        #expect(error?.description == "text files are not accepted. Use JPEG, PNG or WebP.")
    }

    @Test(arguments: [
        ("\u{0}\u{0}\u{0}\u{18}ftypheic\u{0}\u{0}\u{0}\u{0}mif1", "HEIC photos"),
        ("\u{0}\u{0}\u{0}\u{18}ftypavif\u{0}\u{0}\u{0}\u{0}", "AVIF pictures"),
        ("\u{0}\u{0}\u{0}\u{18}ftypisom\u{0}\u{0}\u{0}\u{0}", "videos"),
        ("%PDF-1.7\n", "PDF documents"),
        ("<!DOCTYPE html><p>hello", "web pages"),
        ("<?xml version='1.0'?><svg xmlns='x'/>", "SVG drawings"),
    ])
    func foreignFormatsAreNamed(start: String, name: String) {
        let error = #expect(throws: ImagingError.self) { try Photo(Array(start.utf8)) }
        #expect(error?.code == .unsupportedFormat)
        #expect(error?.description.hasPrefix(name) == true)
    }

    @Test(arguments: [("foreign.gif", "GIF pictures"), ("foreign.tif", "TIFF and camera raw pictures")])
    func realPicturesOfOtherFormatsAreRefused(file: String, name: String) throws {
        let bytes = try Fixtures.bytes("pictures/\(file)")
        let error = #expect(throws: ImagingError.self) { try Photo(bytes) }
        #expect(error?.code == .unsupportedFormat)
        #expect(error?.description.hasPrefix(name) == true)
    }

    @Test func aSignatureWithoutAPhotoIsDamaged() {
        for start: [UInt8] in [[0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]] {
            #expect(code { _ = try Photo(start + [0, 1, 2, 3]) } == .damaged)
        }
        #expect(code { _ = try Photo(Array("RIFF\u{4}\u{0}\u{0}\u{0}WEBPVP8 ".utf8)) } == .damaged)
    }

    @Test func aWebPThatClaimsGigabytesTakesNoMemoryForThem() throws {
        var bytes = try Fixtures.bytes("pictures/halves-lossy.webp")
        // Of the file, and of the chunk with the picture.
        for place in [4, 16] { bytes.replaceSubrange(place..<place + 4, with: [0xF0, 0xFF, 0xFF, 0xFF]) }
        #expect(code { _ = try Photo(bytes) } == .damaged)
        for length in 0..<bytes.count { #expect(code { _ = try Photo(Array(bytes.prefix(length))) } != nil) }
    }

    @Test(arguments: [1600, 40, 20])
    func aTruncatedPNGIsDamagedAtAnySize(longSide: Int) throws {
        let whole = try Fixtures.bytes("pictures/halves.png")
        #expect(code { _ = try Photo(Array(whole.prefix(110))).decode(longSide: longSide) } == .damaged)
    }

    @Test func aPNGThatClaimsTooManyPixelsIsRefusedByItsHeader() {
        let before = Imaging.trackedBytes
        #expect(code { _ = try Photo(Fixtures.pngBomb(width: 30_000, height: 30_000)) } == .tooManyPixels)
        #expect(Imaging.trackedBytes - before < 1_000_000)
    }

    @Test func aPNGWithoutItsPixelsIsDamaged() {
        #expect(code { _ = try Photo(Fixtures.pngBomb(width: 500, height: 400)).decode(longSide: 1600) } == .damaged)
    }

    @Test func theLimitOfPixelsIsTheLastAcceptedSize() throws {
        let bytes = try Fixtures.jpeg(width: 100, height: 50)
        #expect(throws: Never.self) { try Photo(bytes, maxPixels: 5000) }
        #expect(code { _ = try Photo(bytes, maxPixels: 4999) } == .tooManyPixels)
    }

    @Test func aSinglePixelIsAPhoto() throws {
        let raster = try Photo(Raster(pixels: [10, 20, 30], width: 1, height: 1).jpeg(quality: 95)).decode(longSide: 9)
        #expect((raster.width, raster.height) == (1, 1))
    }

    @Test func webPagesBehindAJPEGAreGoneAfterEncodingAgain() throws {
        let trailer = Array("<html><script>alert(1)</script></html>".utf8)
        let photo = try Photo(Fixtures.jpeg(width: 64, height: 64) + trailer)
        let clean = try photo.decode(longSide: 64).jpeg(quality: 80)
        #expect(!String(decoding: clean, as: UTF8.self).contains("script"))
    }

    @Test func metadataIsGoneAfterEncodingAgain() throws {
        let bytes = Fixtures.oriented(try Fixtures.jpeg(width: 64, height: 64), 6)
        #expect(String(decoding: bytes, as: UTF8.self).contains("Exif"))
        let clean = try Photo(bytes).decode(longSide: 64).jpeg(quality: 80)
        #expect(!String(decoding: clean, as: UTF8.self).contains("Exif"))
        #expect(try Photo(clean).orientation == 1)
    }

    @Test func aPassedDeadlineStopsDecoding() throws {
        let photo = try Photo(Fixtures.jpeg(width: 400, height: 300))
        #expect(
            code {
                _ = try photo.decode(longSide: 100, deadline: Deadline(processorTime: .zero, clock: .seconds(3_600)))
            } == .timedOut)
    }

    @Test func aDeadlineThatPassesWhileDecodingKillsIt() throws {
        // Nine megapixels take many times as long on any processor, however little of it this process gets.
        let photo = try Photo(Fixtures.jpeg(width: 3000, height: 3000))
        let deadline = Deadline(processorTime: .milliseconds(2), clock: .seconds(3_600))
        #expect(code { _ = try photo.decode(longSide: 2999, deadline: deadline) } == .timedOut)
    }

    @Test(arguments: ["halves.jpg", "progressive.jpg", "halves.png", "halves-lossy.webp"])
    func mutatedPhotosGiveAResultOrATypedError(file: String) throws {
        let original = try Fixtures.bytes("pictures/\(file)")
        var generator = SeededGenerator(state: 20_261_124)
        var results = 0
        for _ in 0..<250 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + 4))
                default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                }
                if bytes.isEmpty { break }
            }
            do {
                let raster = try Photo(bytes).decode(longSide: 200)
                #expect(raster.longSide <= 200)
                results += 1
            } catch {
                #expect([.damaged, .unsupportedFormat, .tooManyPixels].contains(error.code))
            }
        }
        // Some mutations hit nothing that matters: the test would be blind if all failed.
        #expect(results > 0)
    }

    @Test func threeHundredPhotosLeaveNoPixelsBehind() throws {
        let good = try Fixtures.jpeg(width: 600, height: 400)
        let cut = Array(good.prefix(good.count / 2))
        let before = Imaging.trackedBytes
        for _ in 0..<300 {
            #expect(throws: Never.self) { try Photo(good).decode(longSide: 600).jpeg(quality: 80) }
            #expect(throws: Never.self) { try Photo(cut).decode(longSide: 600) }
        }
        // Other tests hold some tens of megabytes at the same time; one picture lost per round would be 216 MB.
        #expect(Imaging.trackedBytes - before < 120_000_000)
    }
}
