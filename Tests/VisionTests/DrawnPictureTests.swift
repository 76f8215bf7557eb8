import Contracts
import Foundation
import Imaging
import Testing

@testable import Vision

@Suite struct DrawnPictureTests {
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
            try await Fixtures.pipeline().draw(photo(2400, 1800), FaceDrawing(faces: [face], rotation: 0)))
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
            try await Fixtures.pipeline().draw(photo(2400, 1800), FaceDrawing(faces: [corrected], rotation: 0)))
        // Sad is blue.
        let edge = try pixel(drawn, 100, 400)
        #expect(edge[2] > 140 && edge[0] < 60)
    }

    @Test func aPhotoThatLiesIsDrawnUpright() async throws {
        let drawn = try decoded(
            try await Fixtures.pipeline().draw(photo(2400, 1800), FaceDrawing(faces: [face], rotation: 90)))
        // (100, 200) … (400, 600) becomes (1200, 100) … (1600, 400).
        #expect(drawn.width == 1800 && drawn.height > 2400)
        #expect(try pixel(drawn, 1200, 250)[2] < 110 && pixel(drawn, 1600, 250)[2] < 110)
        #expect(try pixel(drawn, 1400, 250).allSatisfy { abs($0 - 120) < 4 })
    }

    @Test func onTheCleanPictureBoxesLieWhereTheyAreInThePhoto() async throws {
        // Of a photo of 2400 × 1800 that is shown turned by a quarter, as a picture that is turned already: half as large.
        let drawing = FaceDrawing(faces: [face], rotation: 90, photoSize: (2400, 1800))
        let drawn = try decoded(try await Fixtures.pipeline().draw(photo(900, 1200), drawing))
        #expect(drawn.width == 900 && drawn.height > 1200)
        #expect(try pixel(drawn, 600, 125)[2] < 110 && pixel(drawn, 800, 125)[2] < 110)
        #expect(try pixel(drawn, 700, 125).allSatisfy { abs($0 - 120) < 4 })
    }

    @Test func whatAnAnalysisFoundIsDrawnOnBothOfItsPictures() async throws {
        let (pipeline, photo) = (try await Fixtures.pipeline(), try Fixtures.astronaut())
        let analysis = try await pipeline.analyse(photo)
        for (picture, isClean) in [(photo, false), (analysis.clean, true)] {
            let drawn = try decoded(
                try await pipeline.draw(picture, FaceDrawing(analysis, onCleanPicture: isClean)))
            #expect(drawn.width == 1000 && drawn.height > 1030)
            // Of 512 pixels to 1000: the box's left edge has its colour, and none of her hair's.
            let box = try #require(analysis.faces.first).box
            let edge = try pixel(drawn, Int(box.x * 1000 / 512), Int((box.y + box.height * 0.6) * 1000 / 512))
            let colour = analysis.faces[0].emotion.colour
            let expected = [16, 8, 0].map { Int(colour >> $0 & 0xFF) }
            #expect(zip(edge, expected).allSatisfy { abs($0 - $1) < 40 }, "\(edge) for \(expected)")
        }
    }

    @Test func aPictureKeepsItsLimit() async throws {
        let pipeline = try await Fixtures.pipeline()
        let drawing = FaceDrawing(faces: [face], rotation: 0)
        let photo = try photo(2400, 1800)
        let size = try await pipeline.draw(photo, drawing).count
        let smaller = try await pipeline.draw(photo, drawing, maximumBytes: size - 1)
        #expect(smaller.count < size)
        await #expect(throws: VisionError.self) { try await pipeline.draw(photo, drawing, maximumBytes: 1_000) }
    }

    @Test func aSmallPhotoIsEnlargedAndOneWithoutFacesSaysSo() async throws {
        let drawn = try decoded(
            try await Fixtures.pipeline().draw(photo(200, 100), FaceDrawing(faces: [], rotation: 0)))
        #expect(drawn.width == 1000 && drawn.height > 520)
    }

    @Test func whatCannotBeDrawnIsRefused() async throws {
        let pipeline = try await Fixtures.pipeline()
        let photo = try photo(200, 100)
        await #expect(throws: VisionError.self) { try await pipeline.draw(photo, FaceDrawing(faces: [], rotation: 45)) }
        await #expect(throws: VisionError.self) {
            try await pipeline.draw([1, 2, 3], FaceDrawing(faces: [], rotation: 0))
        }
    }

    @Test func aLabelSaysWhatThePageSays() {
        #expect(face.label == "1 happy? 87\u{A0}%")
        var corrected = face
        corrected.look = .said(.fear)
        #expect(corrected.label == "1 afraid, by hand" && corrected.counted == .fear)
        corrected.look = .said(nil)
        #expect(corrected.label == "1 cannot be told, by hand" && corrected.counted == nil)
    }
}
