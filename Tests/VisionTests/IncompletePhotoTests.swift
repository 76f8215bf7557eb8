import Contracts
import Foundation
import Imaging
import Testing

@testable import Vision

/// Photos whose file ends early.
@Suite(.serialized) struct IncompletePhotoTests {
    private func analysis(_ bytes: [UInt8], upTo part: Double) async throws -> PhotoAnalysis {
        try await Fixtures.pipeline().analyse(Array(bytes.prefix(Int(Double(bytes.count) * part))))
    }

    @Test func aFaceAboveTheEndIsJudgedAsInTheWholePhoto() async throws {
        let whole = try await analysis(Fixtures.astronaut(), upTo: 1)
        let half = try await analysis(Fixtures.astronaut(), upTo: 0.5)
        #expect(!whole.incomplete && half.incomplete)
        let (one, other) = (try #require(whole.faces.first), try #require(half.faces.first))
        #expect(half.faces.count == 1 && other.emotion == one.emotion && other.notes == one.notes)
        #expect(other.box.intersectionOverUnion(one.box) > 0.9)
        #expect(zip(one.probabilities, other.probabilities).allSatisfy { abs($0 - $1) < 0.05 })
    }

    @Test func aPhotoWithoutAFaceAboveItsEndIsRefusedWithHowMuchIsMissing() async throws {
        let error = await #expect(throws: VisionError.self) { try await analysis(Fixtures.astronaut(), upTo: 0.1) }
        #expect(error?.code == .damaged)
        #expect(
            error?.description.contains(/ends early: about [0-9]{2} % of the photo is missing, and no face/) == true)
    }

    @Test func facesInTheMissingPartOrCutByItsEdgeAreNotListed() async throws {
        let head = try Photo(Fixtures.astronaut()).decode(longSide: 512)
            .extracting(PixelRect(x: 130, y: 10, width: 190, height: 200))
        let places = [(20, 20), (220, 20), (20, 250), (220, 250), (20, 480)]
        let bytes = try Fixtures.collage(of: head, at: places, width: 430, height: 700).jpeg(quality: 92)
        #expect(try await analysis(bytes, upTo: 1).faces.count == 5)
        for part in [0.35, 0.45, 0.6, 0.75] {
            let cut = Array(bytes.prefix(Int(Double(bytes.count) * part)))
            let missing = try #require(try Photo(cut).missing).region
            let analysis = try await Fixtures.pipeline().analyse(cut)
            #expect(analysis.incomplete && [2, 4].contains(analysis.faces.count), "\(part)")
            #expect(analysis.faces.allSatisfy { $0.box.y + $0.box.height <= Float(missing.y) })
        }
    }

    @Test func aCropOfAFaceThatEndsEarlyIsNotTakenWhole() async throws {
        let crop = try Fixtures.tightCrop(side: 96).jpeg(quality: 95)
        #expect(try await analysis(crop, upTo: 1).faceCrop)
        let error = await #expect(throws: VisionError.self) { try await analysis(crop, upTo: 0.7) }
        #expect(error?.code == .damaged)
    }
}
