import Foundation
import Logging
import Testing

@testable import Vision

@Suite struct ModelTests {
    private func problem(_ folder: URL) -> String? {
        do {
            _ = try ModelCard.load(from: folder)
            return nil
        } catch {
            #expect(error.code == .badModel)
            return error.description
        }
    }

    @Test func aCardIsReadAndUnknownKeysAreLeftAlone() throws {
        let card = try ModelCard.load(from: Fixtures.model)
        #expect(card.name == "brightness" && card.version == "0.0.1" && card.threshold.notSure == 0.5)
    }

    @Test func aChecksumMayBeAnObject() throws {
        let folder = try Fixtures.copy()
        defer { try? FileManager.default.removeItem(at: folder) }
        try Fixtures.rewriteCard(of: folder) { card in
            let files = card["files"] as? [String: String] ?? [:]
            card["files"] = files.mapValues { ["sha256": $0.uppercased(), "bytes": "7"] }
        }
        #expect(problem(folder) == nil)
    }

    @Test func anAlteredFileIsRefusedByName() throws {
        let folder = try Fixtures.copy()
        defer { try? FileManager.default.removeItem(at: folder) }
        var weights = try Data(contentsOf: folder.appending(path: "model.bin"))
        weights[5] ^= 1
        try weights.write(to: folder.appending(path: "model.bin"))
        #expect(problem(folder) == "The model's file model.bin is not the one that its card speaks of.")
    }

    @Test(arguments: ["card.json", "model.xml", "model.bin"])
    func aMissingFileIsNamed(file: String) throws {
        let folder = try Fixtures.copy()
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.removeItem(at: folder.appending(path: file))
        #expect(problem(folder)?.contains(file) == true)
    }

    @Test func otherClassesAreRefused() throws {
        let folder = try Fixtures.copy()
        defer { try? FileManager.default.removeItem(at: folder) }
        try Fixtures.rewriteCard(of: folder) { $0["classes"] = ["happy", "angry"] }
        #expect(problem(folder)?.contains("classes") == true)
        try Fixtures.rewriteCard(of: folder) { $0["schema_version"] = 2 }
        #expect(problem(folder)?.contains("schema version 2") == true)
    }

    /// Puts one value in the place of all seven weights of the brightness model (Fixtures/make_model.py).
    private func setWeights(of folder: URL, to value: Float) throws {
        let file = folder.appending(path: "model.bin")
        let weights = (0..<7).map { 200 * (Float($0) / 6) }
        var data = try Data(contentsOf: file)
        let place = try #require(data.range(of: weights.withUnsafeBytes { Data($0) }))
        data.replaceSubrange(place, with: [Float](repeating: value, count: 7).withUnsafeBytes { Data($0) })
        try data.write(to: file)
        try Fixtures.renewChecksums(of: folder)
    }

    @Test(arguments: [0, Float.nan]) func aModelThatAnswersAlikeWhateverItSeesIsRefusedAtTheStart(weight: Float)
        async throws
    {
        let folder = try Fixtures.copy()
        defer { try? FileManager.default.removeItem(at: folder) }
        try setWeights(of: folder, to: weight)
        let error = await #expect(throws: VisionError.self) { try await Fixtures.pipeline(model: folder) }
        #expect(error?.code == .badModel)
        if weight == 0 {
            #expect(error?.description == "The model answers alike whatever it sees: its files are damaged.")
        }
    }

    @Test func aMissingDetectorIsABadModel() async throws {
        let error = await #expect(throws: VisionError.self) {
            try await Pipeline(
                .init(modelDirectory: Fixtures.model, detector: URL(filePath: "/nonexistent/centerface.onnx")),
                logger: .init(label: "test"))
        }
        #expect(error?.code == .badModel)
        #expect(error?.description == "The model file centerface.onnx is missing.")
    }

    @Test func aMissingProposerIsNamedInOneLine() async throws {
        let error = await #expect(throws: VisionError.self) {
            try await Pipeline(
                .init(
                    modelDirectory: Fixtures.model, detector: Fixtures.detector,
                    proposer: URL(filePath: "/nonexistent/yunet.onnx")), logger: .init(label: "test"))
        }
        #expect(error?.code == .badModel)
        #expect(error?.description == "The model file yunet.onnx is missing.")
    }

    @Test func theProposerLiesBesideTheDetector() {
        let configuration = Pipeline.Configuration(
            modelDirectory: Fixtures.model, detector: URL(filePath: "/somewhere/centerface.onnx"))
        #expect(configuration.proposer.path == "/somewhere/yunet.onnx")
    }

    @Test func anotherNetworkInTheProposersPlaceIsABadModel() async throws {
        let error = await #expect(throws: VisionError.self) {
            try await Pipeline(
                .init(
                    modelDirectory: Fixtures.model, detector: Fixtures.detector, proposer: Fixtures.detector),
                logger: .init(label: "test"))
        }
        #expect(error?.code == .badModel)
    }

    @Test func anotherNetworkInTheDetectorsPlaceIsABadModel() async throws {
        let error = await #expect(throws: VisionError.self) {
            try await Pipeline(
                .init(modelDirectory: Fixtures.model, detector: Fixtures.model.appending(path: "model.xml")),
                logger: .init(label: "test"))
        }
        #expect(error?.code == .badModel)
    }

    @Test func aModelsFaultIsNoFaultOfThePhoto() {
        let error = VisionError(VisionError(.badModel, "The model is broken.", detail: "deep inside"))
        #expect(error.code == .internal && error.isRetriable)
        #expect(!error.description.contains("model") && error.detail.contains("deep inside"))
    }

    @Test func theNewestVersionIsFoundByNumber() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mien-models-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        for path in ["a/0.9.0", "a/0.10.0", "b/0.2.0"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: path), withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: folder.appending(path: "\(path)/card.json"))
        }
        try FileManager.default.createDirectory(
            at: folder.appending(path: "a/9.9.9"), withIntermediateDirectories: true)
        func found(_ wanted: String?) throws -> String {
            try ModelCatalogue.find(wanted, in: folder).pathComponents.suffix(2).joined(separator: "/")
        }
        #expect(try found(nil) == "a/0.10.0")
        #expect(try found("b") == "b/0.2.0")
        #expect(try found("a/0.9.0") == "a/0.9.0")
        for wanted in ["a/9.9.9", "c", "a/0.9.0/x"] {
            #expect(throws: VisionError.self) { try ModelCatalogue.find(wanted, in: folder) }
        }
    }
}
