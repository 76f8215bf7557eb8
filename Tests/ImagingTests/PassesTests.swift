import Imaging
import Testing

/// A JPEG may be stored in thousands of passes over the whole picture, each of a few bytes.
@Suite struct PassesTests {
    /// A progressive JPEG whose first scan, header and data, is there `count` times.
    private func repeating(_ count: Int) throws -> [UInt8] {
        let jpeg = try Fixtures.bytes("pictures/progressive.jpg")
        var scans: [Int] = []
        for place in jpeg.indices.dropLast() where jpeg[place] == 0xFF && jpeg[place + 1] == 0xDA {
            scans.append(place)
        }
        let second = try #require(scans.dropFirst().first)
        // Tables for the second scan may stand before it; they are no harm to the first.
        let first = Array(jpeg[scans[0]..<second])
        return Array(jpeg[..<scans[0]]) + Array(repeating: first, count: count).joined() + jpeg[second...]
    }

    @Test func anOrdinaryProgressivePhotoIsRead() throws {
        #expect(throws: Never.self) { try Photo(Fixtures.bytes("pictures/progressive.jpg")).decode(longSide: 64) }
    }

    @Test func morePassesThanAnyEncoderWritesAreRefusedByTheHeader() throws {
        let error = #expect(throws: ImagingError.self) { try Photo(repeating(200)) }
        #expect(error?.code == .damaged)
        #expect(error?.description.contains("more than 100 passes") == true)
    }

    @Test func passesInsideOfAMetadataBlockAreNone() throws {
        let jpeg = try Fixtures.jpeg(width: 64, height: 48)
        let thumbnails = (0..<150).flatMap { _ in [0xFF, 0xDA, 0x00, 0x08] as [UInt8] }
        let length = thumbnails.count + 2
        let block: [UInt8] = [0xFF, 0xE5, UInt8(length >> 8), UInt8(length & 0xFF)] + thumbnails
        let whole = Array(jpeg.prefix(2)) + block + Array(jpeg.dropFirst(2))
        _ = try Photo(whole).decode(longSide: 64)
    }

    @Test func aPhotoOfRestartMarkersAndStuffedZerosIsReadToItsEnd() throws {
        // What follows the end of the picture is not looked at.
        let jpeg = try Fixtures.jpeg(width: 64, height: 48)
        let trailer = (0..<150).flatMap { _ in [0xFF, 0xDA, 0x00, 0x02] as [UInt8] }
        #expect(throws: Never.self) { try Photo(jpeg + trailer).decode(longSide: 64) }
        #expect(throws: ImagingError.self) { try Photo([0xFF, 0xD8, 0xFF]) }
        #expect(throws: ImagingError.self) { try Photo([0xFF, 0xD8, 0xFF, 0xFF, 0xFF]) }
    }
}
