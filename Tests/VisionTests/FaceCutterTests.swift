import Foundation
import Imaging
import Testing

@testable import Vision

/// Faces are cut for training as they were cut when they were judged.
@Suite(.serialized) struct FaceCutterTests {
    private func known(_ face: DetectedFace, whole: Bool = false) -> KnownFace {
        // As it is kept: to a tenth of a pixel.
        func tenth(_ value: Float) -> Float { (value * 10).rounded() / 10 }
        return KnownFace(
            box: FaceBox(
                x: tenth(face.box.x), y: tenth(face.box.y), width: tenth(face.box.width),
                height: tenth(face.box.height)),
            landmarks: face.landmarks.map { FacePoint(x: tenth($0.x), y: tenth($0.y)) }, isWholePhoto: whole)
    }

    @Test(arguments: [PhotoTurn.none, .quarter, .half, .threeQuarters])
    func aFaceIsCutAsThePipelineCutsIt(_ turn: PhotoTurn) async throws {
        let upright = try Photo(Fixtures.astronaut()).decode(longSide: 512)
        let jpeg = try turn == .none ? Fixtures.astronaut() : upright.turned(clockwise: turn.rawValue).jpeg(quality: 92)
        let analysis = try await Fixtures.pipeline().analyse(jpeg)
        let face = try #require(analysis.faces.first)
        let cutter = try FaceCutter()
        let crop = try await cutter.crops(of: [known(face)], in: jpeg, rotation: analysis.rotation)[0]
        let raster = try Photo(jpeg).decode(longSide: 1600)
        let exact = try FaceCrop(face.square, of: raster)
        let difference = zip(crop.pixels, exact.pixels).map { abs(Int($0) - Int($1)) }
        #expect(difference.reduce(0, +) < 2 * difference.count, "levels of grey, on the average")
    }

    @Test func aMarkedFaceIsCutByItsBoxAndWrittenAsGreyPNG() async throws {
        let photo = try Fixtures.astronaut()
        let marked = KnownFace(
            box: FaceBox(x: 180, y: 62, width: 89, height: 114), landmarks: [], isWholePhoto: false)
        let cutter = try FaceCutter()
        let pictures = try await cutter.pictures(of: [marked], in: photo, rotation: 0)
        let crop = try await cutter.crops(of: [marked], in: photo, rotation: 0)[0]
        let read = try Photo(pictures[0])
        #expect((read.width, read.height) == (48, 48))
        let grey = try read.decode(longSide: 48).withPixels { pixels in
            stride(from: 0, to: pixels.count, by: 3).map { pixels[$0] }
        }
        #expect(grey == crop.pixels)
        #expect(Set(grey).count > 50, "a face has many tones")
        // One channel: the header's colour type (PNG, 11.2.1).
        #expect(pictures[0][25] == 0)
    }

    @Test func whatIsNoPhotoIsRefused() async throws {
        let cutter = try FaceCutter()
        await #expect(throws: VisionError.self) {
            try await cutter.pictures(of: [], in: Array("no photo".utf8), rotation: 0)
        }
    }
}
