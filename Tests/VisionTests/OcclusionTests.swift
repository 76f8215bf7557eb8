import Foundation
import Imaging
import Testing

@testable import Vision

/// With the networks of Fixtures/make_model.py: the mouth is covered by the mean brightness of the crop's lower half, the eyes by
/// that of the upper one.
@Suite(.serialized) struct OcclusionTests {
    /// A copy of the brightness model whose card names the network beside it.
    private func model(
        file: String = "occlusion.xml", above threshold: (mouth: Double, eyes: Double),
        sureFrom: (mouth: Double, eyes: Double) = (1.01, 1.01)
    ) throws -> URL {
        let folder = try Fixtures.copy()
        try Fixtures.renewChecksums(
            of: folder, names: ["model.xml", "model.bin", "occlusion.xml", "occlusion.bin"])
        try Fixtures.rewriteCard(of: folder) { card in
            card["occlusion"] = [
                "file": file, "threshold": ["mouth": threshold.mouth, "eyes": threshold.eyes],
                "sure_from": ["mouth": sureFrom.mouth, "eyes": sureFrom.eyes],
            ]
        }
        return folder
    }

    private func face(_ folder: URL) async throws -> DetectedFace {
        defer { try? FileManager.default.removeItem(at: folder) }
        return try #require(
            try await Fixtures.pipeline(model: folder).analyse(Fixtures.astronaut()).faces.first)
    }

    @Test func aFaceWhoseMouthOrEyesAreCoveredIsNotedAndNotSure() async throws {
        let plain = try await face(model(above: (1, 1)))
        #expect(!plain.notes.contains("covered") && !plain.notSure)
        for threshold in [(mouth: 0.0, eyes: 1.0), (1, 0), (0, 0)] {
            let covered = try await face(model(above: threshold))
            #expect(covered.notes == plain.notes + ["covered"] && covered.notSure)
            #expect(covered.probabilities == plain.probabilities)
        }
    }

    @Test func aCoveredFaceIsSureFromTheConfidenceThatTheCardSays() async throws {
        let plain = try await face(model(above: (1, 1)))
        let (below, above) = (Double(plain.confidence) - 0.01, Double(plain.confidence) + 0.01)
        // Only the mouth is covered: what the eyes would take is another matter.
        for (mouth, isSure) in [(below, true), (above, false)] {
            let covered = try await face(model(above: (0, 1), sureFrom: (mouth, 1.01)))
            #expect(covered.notes.contains("covered") && covered.notSure != isSure)
        }
        let both = try await face(model(above: (0, 0), sureFrom: (below, above)))
        #expect(both.notSure, "the stricter one counts")
    }

    @Test func aFaceBelow32PixelsIsTooSmallToTell() async throws {
        let folder = try model(above: (0, 0))
        defer { try? FileManager.default.removeItem(at: folder) }
        let pipeline = try await Fixtures.pipeline(model: folder)
        let photo = try Photo(Fixtures.astronaut()).decode(longSide: 512)
        // Her face is 114 pixels high.
        for (side, isTold) in [(120, false), (220, true)] {
            let small = try photo.resized(width: side, height: side).jpeg(quality: 95)
            let face = try #require(try await pipeline.analyse(small).faces.first)
            #expect((face.box.height >= 32) == isTold && face.notes.contains("covered") == isTold)
        }
    }

    @Test func aModelWithoutTheNetworkNotesNothing() async throws {
        let face = try await face(Fixtures.copy())
        #expect(!face.notes.contains("covered"))
    }

    @Test func aNetworkThatDoesNotFitIsABadModelAtTheStart() async throws {
        for (file, words) in [
            ("model.xml", "covered"), ("elsewhere.xml", "no checksum for elsewhere.xml"),
            ("../brightness-model/occlusion.xml", "no .xml file beside it"),
            ("occlusion.bin", "no .xml file beside it"),
        ] {
            let folder = try model(file: file, above: (0.5, 0.5))
            defer { try? FileManager.default.removeItem(at: folder) }
            let error = await #expect(throws: VisionError.self) { try await Fixtures.pipeline(model: folder) }
            #expect(error?.code == .badModel && error?.description.contains(words) == true, "\(file)")
        }
    }

    @Test(arguments: ["occlusion.xml", "occlusion.bin"])
    func anAlteredNetworkIsRefusedByName(file: String) async throws {
        let folder = try model(above: (0.5, 0.5))
        defer { try? FileManager.default.removeItem(at: folder) }
        var bytes = try Data(contentsOf: folder.appending(path: file))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: folder.appending(path: file))
        let error = await #expect(throws: VisionError.self) { try await Fixtures.pipeline(model: folder) }
        #expect(error?.description == "The model's file \(file) is not the one that its card speaks of.")
    }
}
