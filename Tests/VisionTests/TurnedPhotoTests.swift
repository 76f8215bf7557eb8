import Contracts
import Foundation
import Imaging
import Testing

@testable import Vision

@Suite(.serialized) struct TurnedPhotoTests {
    /// Not square, so that mistaken sides show.
    private func portrait() throws -> Raster {
        try Photo(Fixtures.astronaut()).decode(longSide: 512)
            .extracting(PixelRect(x: 60, y: 0, width: 380, height: 500))
    }

    private func analysis(_ photo: Raster, activations: Bool = false) async throws -> PhotoAnalysis {
        try await Fixtures.pipeline().analyse(photo.jpeg(quality: 95), activations: activations)
    }

    @Test(arguments: [0, 90, 180, 270])
    func aPhotoThatLiesOrStandsOnItsHeadIsSeenAsTheUprightOne(degrees: Int) async throws {
        let photo = try portrait()
        let upright = try await analysis(photo)
        let turned = try await analysis(photo.turned(clockwise: degrees))
        #expect(upright.rotation == 0 && turned.rotation == (360 - degrees) % 360)
        let isAcross = degrees % 180 != 0
        #expect((turned.width, turned.height) == (isAcross ? 500 : 380, isAcross ? 380 : 500))
        let (one, other) = (try #require(upright.faces.first), try #require(turned.faces.first))
        #expect(turned.faces.count == 1 && other.emotion == one.emotion && other.notes == one.notes)
        #expect(zip(one.probabilities, other.probabilities).allSatisfy { abs($0 - $1) < 0.05 })
        // Box and landmarks lie where the face lies in the photo as it is.
        let turn = try #require(PhotoTurn(rawValue: degrees))
        #expect(other.box.intersectionOverUnion(turn.turned(one.box, width: 380, height: 500)) > 0.85)
        for (seen, mark) in zip(other.landmarks, one.landmarks) {
            let expected = turn.turned(mark, width: 380, height: 500)
            #expect(abs(seen.x - expected.x) < 5 && abs(seen.y - expected.y) < 5)
        }
    }

    @Test(arguments: [90, 180, 270]) func thePicturesShowATurnedPhotoUpright(degrees: Int) async throws {
        let photo = try portrait()
        var upright = try await analysis(photo, activations: true)
        var turned = try await analysis(photo.turned(clockwise: degrees), activations: true)
        #expect((turned.previewWidth, turned.previewHeight) == (upright.previewWidth, upright.previewHeight))
        var values = [Float](repeating: -1, count: 36)
        values[0] = 4
        upright.faces[0].activation = ActivationMap(columns: 6, rows: 6, values: values)
        turned.faces[0].activation = upright.faces[0].activation
        let pairs = [
            (upright.clean, turned.clean), (upright.thumbnail, turned.thumbnail),
            (try #require(try upright.activationPicture()), try #require(try turned.activationPicture())),
        ]
        for (one, other) in pairs {
            let (one, other) = (try Photo(one).decode(longSide: 1600), try Photo(other).decode(longSide: 1600))
            #expect((one.width, one.height) == (other.width, other.height))
            #expect(try one.difference(from: other) < 4)
        }
    }

    @Test(arguments: [(18.0, 0.1), (45, 0.2)])
    func aFaceThatLeansIsCutUpright(degrees: Double, gain: Double) async throws {
        let photo = try Photo(Fixtures.astronaut()).decode(longSide: 512)
        let leaning = try photo.leaning(degrees: degrees)
        let (one, other) = (try await analysis(photo), try await analysis(leaning))
        let (upright, leant) = (try #require(one.faces.first), try #require(other.faces.first))
        #expect(other.rotation == 0 && other.faces.count == 1 && !leant.notes.contains("turned"))
        #expect(upright.square.angle == 0 && abs(leant.square.angle - degrees) < 12)
        #expect(abs(leant.square.side / upright.square.side - 1) < 0.2)
        let expected = try FaceCrop(upright.square, of: photo).pixels
        var asItLeans = leant.square
        asItLeans.angle = 0
        let (crop, left) = (try FaceCrop(leant.square, of: leaning), try FaceCrop(asItLeans, of: leaning))
        let likeness = correlation(expected, crop.pixels)
        #expect(likeness > 0.7 && likeness > correlation(expected, left.pixels) + gain)
    }

    @Test func aPhotoWithoutAFaceIsNotTurned() async throws {
        let analysis = try await analysis(Fixtures.plain(140, width: 500, height: 300))
        #expect(analysis.rotation == 0 && analysis.faces.isEmpty)
        #expect(analysis.previewWidth > analysis.previewHeight)
    }

    /// Of two crops' grey levels, −1…1.
    private func correlation(_ one: [UInt8], _ other: [UInt8]) -> Double {
        func centred(_ pixels: [UInt8]) -> [Double] {
            let mean = Double(pixels.reduce(0) { $0 + Int($1) }) / Double(pixels.count)
            return pixels.map { Double($0) - mean }
        }
        let (a, b) = (centred(one), centred(other))
        func product(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
        return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
    }
}
