import Foundation
import Imaging
import Testing

@testable import Vision

@Suite struct ArithmeticTests {
    /// A shipped model that has an int8 variant.
    private static let model = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Services/Worker/Models/mien-inception-s/2.0.0")

    private func problem(_ model: URL) async -> String? {
        let error = await #expect(throws: VisionError.self) {
            try await Fixtures.pipeline(model: model, precision: .int8)
        }
        return error?.description
    }

    @Test func theInt8VariantAnswersNearlyAlikeAndExplainsItself() async throws {
        let crops = try [0.6, 1, 1.3].map { factor in
            try Fixtures.tightCrop(factor: factor).withPixels { colours in
                stride(from: 1, to: colours.count, by: 3).map { colours[$0] }
            }
        }
        let exact = try await Fixtures.pipeline(model: Self.model, precision: .f32)
        let narrow = try await Fixtures.pipeline(model: Self.model, precision: .int8)
        #expect(exact.precision == .f32 && narrow.precision == .int8)
        for (one, other) in zip(try await exact.classify(crops: crops), try await narrow.classify(crops: crops)) {
            #expect(one != other)
            #expect(zip(one, other).allSatisfy { abs($0 - $1) < 0.2 })
        }
        let photo = try Fixtures.tightCrop(side: 96).jpeg(quality: 95)
        let face = try #require(try await narrow.analyse(photo, activations: true).faces.first)
        #expect(try #require(face.activation).values.allSatisfy(\.isFinite))
    }

    @Test func aModelWithoutTheVariantSaysWhatToChoose() async throws {
        #expect(
            await problem(Fixtures.model)
                == "The model brightness 0.0.1 has no int8 variant. Choose auto, bf16 or f32, or another model.")
    }

    @Test(arguments: ["model-int8.xml", "model-int8.bin"])
    func anAlteredVariantIsRefusedByName(file: String) async throws {
        let folder = try Fixtures.copy(of: Self.model)
        defer { try? FileManager.default.removeItem(at: folder) }
        var bytes = try Data(contentsOf: folder.appending(path: file))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: folder.appending(path: file))
        #expect(await problem(folder) == "The model's file \(file) is not the one that its card speaks of.")
        // Who does not ask for it does not need it.
        _ = try await Fixtures.pipeline(model: folder, precision: .f32)
    }

    @Test func aVariantOutsideOfTheFolderIsRefused() async throws {
        let folder = try Fixtures.copy(of: Self.model)
        defer { try? FileManager.default.removeItem(at: folder) }
        let card = folder.appending(path: "card.json")
        let text = try String(contentsOf: card, encoding: .utf8)
            .replacing("\"file\": \"model-int8.xml\"", with: "\"file\": \"../model-int8.xml\"")
        try text.write(to: card, atomically: true, encoding: .utf8)
        #expect(await problem(folder)?.contains("../model-int8.xml, which is no .xml file beside it") == true)
    }
}
