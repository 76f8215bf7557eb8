import Imaging
import Testing

@Suite struct EarlyEndTests {
    @Test(arguments: [1, 2, 3, 12])
    func aJPEGWithoutItsLastBytesIsReadAsTheWhole(count: Int) throws {
        let whole = try Fixtures.jpeg(width: 400, height: 300)
        let (full, cut) = (
            try Photo(whole).decode(longSide: 400), try Photo(Array(whole.dropLast(count))).decode(longSide: 400)
        )
        #expect((cut.width, cut.height) == (400, 300))
        // The last block of 8 × 8 pixels may be gone.
        for (x, y) in [(3, 3), (200, 150), (396, 200), (40, 296)] {
            #expect(try cut.pixel(x, y) == full.pixel(x, y))
        }
    }

    @Test func aProgressiveJPEGWithoutItsEndMarkerIsReadAsWell() throws {
        let whole = try Fixtures.bytes("pictures/progressive.jpg")
        let photo = try Photo(Array(whole.dropLast(2)))
        #expect(try near(photo.decode(longSide: 64).pixel(10, 20), [220, 30, 30], 14))
    }

    /// Stored rows go down, up, right or left in the photo as it is looked at.
    @Test(arguments: [0.2, 0.5, 0.8], [1, 3, 6, 8] as [UInt8])
    func aJPEGOfWhichAPartIsMissingSaysWhich(part: Double, orientation: UInt8) throws {
        let whole = Fixtures.oriented(try Fixtures.jpeg(width: 400, height: 300), orientation)
        let photo = try Photo(Array(whole.prefix(Int(Double(whole.count) * (1 - part)))))
        let missing = try #require(photo.missing)
        #expect(abs(missing.share - part) < 0.12)
        #expect(missing.words("").contains("about \(Int((missing.share * 100).rounded())) % of the photo is missing"))
        let region = missing.region
        let length = Int((part * 300).rounded())
        let expected =
            switch orientation {
            case 3: PixelRect(x: 0, y: 0, width: 400, height: length)
            case 6: PixelRect(x: 0, y: 0, width: length, height: 400)
            case 8: PixelRect(x: 300 - length, y: 0, width: length, height: 400)
            default: PixelRect(x: 0, y: 300 - length, width: 400, height: length)
            }
        for (side, wanted) in [
            (region.x, expected.x), (region.y, expected.y), (region.width, expected.width),
            (region.height, expected.height),
        ] { #expect(abs(side - wanted) <= 40) }
        // What is there is as it was; what is not is grey.
        let (full, cut) = (try Photo(whole).decode(longSide: 400), try photo.decode(longSide: 400))
        for (x, y) in [(8, 8), (full.width - 9, 8), (8, full.height - 9), (full.width - 9, full.height - 9)] {
            let shared = region.intersection(PixelRect(x: x, y: y, width: 1, height: 1))
            if shared.width > 0, shared.height > 0 {
                let pixel = try cut.pixel(x, y)
                #expect(near(pixel, [128, 128, 128]))
            } else {
                #expect(try cut.pixel(x, y) == full.pixel(x, y))
            }
        }
    }

    /// Of the last bytes hardly anything is seen; of which part more is missing, no byte tells but what comes out of it.
    @Test(arguments: ["astronaut-lossy.webp", "astronaut-lossless.webp"], [0.002, 0.05, 0.3, 0.5])
    func aWebPThatEndsEarlyIsReadAsFarAsItGoes(file: String, part: Double) throws {
        let whole = try Fixtures.bytes("pictures/\(file)")
        let photo = try Photo(Array(whole.prefix(Int(Double(whole.count) * (1 - part)))))
        let full = try Photo(whole).decode(longSide: 256)
        let cut = try photo.decode(longSide: 256)
        #expect((photo.width, photo.height) == (full.width, full.height))
        let missing = photo.missing?.share ?? 0
        #expect(part < 0.01 ? missing < 0.2 : abs(missing - part) < 0.25)
        let end = photo.missing?.region.y ?? 184
        #expect(photo.missing.map { $0.region.y + $0.region.height == full.height } ?? true)
        for y in stride(from: 0, to: end, by: 3) {
            for x in stride(from: 0, to: full.width, by: 7) { #expect(try cut.pixel(x, y) == full.pixel(x, y)) }
        }
    }

    @Test(arguments: [1, 2, 30]) func aWebPThatLacksLessThanItsMetadataIsWhole(count: Int) throws {
        let bytes = try Fixtures.bytes("pictures/halves-lossy.webp")
        let metadata = Array("EXIF".utf8) + [30, 0, 0, 0] + [UInt8](repeating: 7, count: 30)
        var whole = bytes + metadata
        let length = whole.count - 8
        whole.replaceSubrange(4..<8, with: (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
        let photo = try Photo(Array(whole.dropLast(count)))
        #expect(photo.missing == nil)
        #expect(try photo.decode(longSide: 64).pixel(8, 8) == Photo(bytes).decode(longSide: 64).pixel(8, 8))
    }

    @Test func anAnimationWithoutItsLastFramesIsReadByItsFirst() throws {
        let whole = try Fixtures.bytes("pictures/animated.webp")
        let first = try Photo(whole).decode(longSide: 48).pixel(20, 20)
        for count in [1, 20, 40] {
            let photo = try Photo(Array(whole.dropLast(count)))
            #expect(try photo.missing == nil && photo.decode(longSide: 48).pixel(20, 20) == first)
        }
    }

    @Test func aJPEGThatEndsInItsHeaderIsDamaged() throws {
        let whole = try Fixtures.jpeg(width: 64, height: 48)
        for count in [4, 20, 200] {
            let error = #expect(throws: ImagingError.self) { try Photo(Array(whole.prefix(count))) }
            #expect(error?.code == .damaged)
        }
    }
}
