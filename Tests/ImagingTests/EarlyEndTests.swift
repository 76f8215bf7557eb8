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

    @Test(arguments: [0.2, 0.5, 0.8])
    func aJPEGOfWhichAPartIsMissingIsRefusedWithHowMuch(part: Double) throws {
        let whole = try Fixtures.jpeg(width: 400, height: 300)
        let error = #expect(throws: ImagingError.self) {
            try Photo(Array(whole.prefix(Int(Double(whole.count) * (1 - part)))))
        }
        #expect(error?.code == .damaged)
        let percent = try #require(
            error?.description.split(separator: " ").compactMap({ Int($0) }).first, "\(error?.description ?? "")")
        #expect(abs(Double(percent) / 100 - part) < 0.12)
    }

    @Test func aJPEGThatEndsInItsHeaderIsDamaged() throws {
        let whole = try Fixtures.jpeg(width: 64, height: 48)
        for count in [4, 20, 200] {
            let error = #expect(throws: ImagingError.self) { try Photo(Array(whole.prefix(count))) }
            #expect(error?.code == .damaged)
        }
    }
}
