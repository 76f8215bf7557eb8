import Contracts
import Foundation
import Imaging
import Testing

@testable import Vision

@Suite struct FullPictureTests {
    /// A grey photo of this size.
    private func photo(_ width: Int, _ height: Int) throws -> [UInt8] {
        try Raster(pixels: [UInt8](repeating: 120, count: width * height * 3), width: width, height: height)
            .jpeg(quality: 90)
    }

    private let face = LabelledFace(
        number: 1, box: FaceBox(x: 100, y: 200, width: 300, height: 400),
        look: .answered(.happy, confidence: 0.87, notSure: true))

    private func decoded(_ jpeg: [UInt8]) throws -> Raster {
        let photo = try Photo(jpeg)
        return try photo.decode(longSide: photo.longSide)
    }

    private func pixel(_ raster: Raster, _ x: Int, _ y: Int) throws -> [Int] {
        try raster.withPixels { pixels in (0..<3).map { Int(pixels[(y * raster.width + x) * 3 + $0]) } }
    }

    @Test func thePictureIsAsLargeAsThePhotoWithALegendBelow() async throws {
        let drawn = try decoded(
            try await Fixtures.pipeline().draw(photo(2400, 1800), faces: [face], rotation: 0))
        #expect(drawn.width == 2400 && (1830...2000).contains(drawn.height))
        // The box's left edge in the colour of happy, the photo within it, white beside the legend's words.
        let edge = try pixel(drawn, 100, 400)
        #expect(edge[0] > 180 && edge[2] < 110)
        #expect(try pixel(drawn, 250, 400).allSatisfy { abs($0 - 120) < 4 })
        #expect(try pixel(drawn, 2390, drawn.height - 4).allSatisfy { $0 > 250 })
    }

    @Test func whatAPersonSaidIsDrawnInItsColour() async throws {
        var corrected = face
        corrected.look = .said(.sad)
        let drawn = try decoded(
            try await Fixtures.pipeline().draw(photo(2400, 1800), faces: [corrected], rotation: 0))
        // Sad is blue.
        let edge = try pixel(drawn, 100, 400)
        #expect(edge[2] > 140 && edge[0] < 60)
    }

    @Test func aPhotoThatLiesIsDrawnUpright() async throws {
        let drawn = try decoded(
            try await Fixtures.pipeline().draw(photo(2400, 1800), faces: [face], rotation: 90))
        // (100, 200) … (400, 600) becomes (1200, 100) … (1600, 400).
        #expect(drawn.width == 1800 && drawn.height > 2400)
        #expect(try pixel(drawn, 1200, 250)[2] < 110 && pixel(drawn, 1600, 250)[2] < 110)
        #expect(try pixel(drawn, 1400, 250).allSatisfy { abs($0 - 120) < 4 })
    }

    @Test func aSmallPhotoIsEnlargedAndOneWithoutFacesSaysSo() async throws {
        let drawn = try decoded(try await Fixtures.pipeline().draw(photo(200, 100), faces: [], rotation: 0))
        #expect(drawn.width == 1000 && drawn.height > 520)
    }

    @Test func whatCannotBeDrawnIsRefused() async throws {
        let pipeline = try await Fixtures.pipeline()
        let photo = try photo(200, 100)
        await #expect(throws: VisionError.self) { try await pipeline.draw(photo, faces: [], rotation: 45) }
        await #expect(throws: VisionError.self) { try await pipeline.draw([1, 2, 3], faces: [], rotation: 0) }
    }

    @Test func aLabelSaysWhatThePreviewSays() {
        #expect(face.label == "1 happy? 87\u{A0}%")
        var corrected = face
        corrected.look = .said(.fear)
        #expect(corrected.label == "1 afraid, by hand" && corrected.counted == .fear)
        corrected.look = .said(nil)
        #expect(corrected.label == "1 cannot be told, by hand" && corrected.counted == nil)
    }
}
