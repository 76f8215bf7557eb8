import Foundation
import Testing

@testable import Vision

@Suite struct ModelChoiceTests {
    /// A models' folder with whole models, all copies of the fixture under other versions.
    private func catalogue(_ versions: [String]) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mien-models-\(UUID())")
        for version in versions {
            let target = folder.appending(path: version)
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: Fixtures.model, to: target)
        }
        return folder
    }

    private func found(in folder: URL, _ wanted: String? = nil) throws -> String {
        ModelCatalogue.reference(of: try ModelCatalogue.find(wanted, in: folder))
    }

    @Test func theChosenModelIsFoundUntilTheChoiceIsTakenBack() throws {
        let folder = try catalogue(["a/1.0.0", "a/2.0.0"])
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try found(in: folder) == "a/2.0.0")
        try ModelCatalogue.choose("a/1.0.0", in: folder)
        #expect(try found(in: folder) == "a/1.0.0")
        #expect(try found(in: folder, "a") == "a/2.0.0", "a name that is asked for wins over the choice")
        try ModelCatalogue.choose(nil, in: folder)
        #expect(try found(in: folder) == "a/2.0.0")
        try ModelCatalogue.choose(nil, in: folder)
    }

    @Test func aNameAloneChoosesItsNewestVersionForGood() throws {
        let folder = try catalogue(["a/1.9.0", "a/1.10.0", "b/3.0.0"])
        defer { try? FileManager.default.removeItem(at: folder) }
        try ModelCatalogue.choose("a", in: folder)
        #expect(try ModelCatalogue.choice(in: folder) == "a/1.10.0")
    }

    @Test func everyoneMayReadTheChoice() throws {
        let folder = try catalogue(["a/1.0.0"])
        defer { try? FileManager.default.removeItem(at: folder) }
        try ModelCatalogue.choose("a/1.0.0", in: folder)
        let file = folder.appending(path: ModelCatalogue.choiceFile)
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o644)
        #expect(try String(contentsOf: file, encoding: .utf8) == "a/1.0.0\n")
        // Nothing half-written stays beside it.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a", "current"])
    }

    @Test func anAlteredOrMissingModelIsNotChosen() throws {
        let folder = try catalogue(["a/1.0.0", "a/2.0.0"])
        defer { try? FileManager.default.removeItem(at: folder) }
        let weights = folder.appending(path: "a/2.0.0/model.bin")
        try Data("other".utf8).write(to: weights)
        for wanted in ["a/2.0.0", "a/3.0.0", "b", "../a/1.0.0", "a/", ""] {
            let error = #expect(throws: VisionError.self) { try ModelCatalogue.choose(wanted, in: folder) }
            #expect(error?.code == .badModel)
        }
        #expect(try ModelCatalogue.choice(in: folder) == nil)
    }

    @Test func aChoiceThatNamesNothingIsToldAndNotReplaced() throws {
        let folder = try catalogue(["a/1.0.0"])
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: ModelCatalogue.choiceFile)
        try Data("a/0.5.0\n".utf8).write(to: file)
        let gone = #expect(throws: VisionError.self) { try ModelCatalogue.find(in: folder) }
        #expect(gone?.description.contains("a/0.5.0") == true && gone?.description.contains("mien models use") == true)
        try Data("\n".utf8).write(to: file)
        let empty = #expect(throws: VisionError.self) { try ModelCatalogue.find(in: folder) }
        #expect(empty?.description.contains("NAME/VERSION") == true)
    }

    @Test func aFolderThatCannotBeWrittenIsAClearError() throws {
        let folder = try catalogue(["a/1.0.0"])
        defer { try? FileManager.default.removeItem(at: folder) }
        // A folder of that name stops root as well, whom modes do not.
        let obstacle = folder.appending(path: "\(ModelCatalogue.choiceFile)/inside")
        try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: true)
        let error = #expect(throws: VisionError.self) { try ModelCatalogue.choose("a/1.0.0", in: folder) }
        #expect(error?.description.contains("Make the folder writable, or set MIEN_MODEL to a/1.0.0") == true)
    }

    @Test func figuresComeFromThePublicTestOrElseFromValidation() throws {
        let folder = try catalogue(["a/1.0.0"])
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = folder.appending(path: "a/1.0.0")
        #expect(ModelFigures(of: model).accuracy == nil && ModelFigures(of: model).bytes > 500)
        let card = model.appending(path: "card.json")
        func write(_ metrics: String) throws {
            try Data("{\"metrics\": \(metrics)}".utf8).write(to: card)
        }
        try write("{\"validation\": {\"accuracy\": 0.6, \"ece\": 0.04}, \"extra\": [1]}")
        var figures = ModelFigures(of: model)
        #expect(figures.accuracy == 0.6 && figures.ece == 0.04 && figures.measuredOn == "validation")
        try write("{\"validation\": {\"accuracy\": 0.6}, \"public_test\": {\"accuracy\": 0.7}}")
        figures = ModelFigures(of: model)
        #expect(figures.accuracy == 0.7 && figures.ece == nil && figures.measuredOn == "public_test")
    }
}
