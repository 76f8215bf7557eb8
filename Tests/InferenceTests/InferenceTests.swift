import Blocking
import Foundation
import Testing

@testable import Inference

private let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/brightness-model")
private let modelFile = folder.appending(path: "model.xml")

/// The model of Fixtures/make_model.py: class k is the most probable where the mean brightness is nearest to k / 6.
@Suite struct InferenceTests {
    private func model(batch: Int, precision: Precision = .f32, cache: URL? = nil) throws -> CompiledModel {
        let core = try Core()
        let source = try ModelFile(modelFile, core: core)
        try source.reshape("image", to: [batch, 1, 48, 48])
        return try CompiledModel(
            source, core: core, options: CompileOptions(precision: precision, cacheDirectory: cache),
            executor: BlockingExecutor(label: "test"))
    }

    private func crop(_ level: UInt8) -> [UInt8] { [UInt8](repeating: level, count: 2304) }

    private func answers(_ model: CompiledModel, _ levels: [UInt8]) async throws -> [Int] {
        let tensor = try Tensor(.bytes(levels.flatMap(crop)), shape: [levels.count, 1, 48, 48])
        return try await model.infer(["image": tensor]) { outputs in
            try outputs.withFloats("probabilities") { values, shape in
                #expect(shape == [levels.count, 7])
                return (0..<levels.count).map { row in
                    (0..<7).max { values[row * 7 + $0] < values[row * 7 + $1] } ?? -1
                }
            }
        }
    }

    @Test func aBatchIsAnsweredInItsOrder() async throws {
        let model = try model(batch: 7)
        #expect(try await answers(model, [255, 212, 170, 128, 85, 42, 0]) == [6, 5, 4, 3, 2, 1, 0])
    }

    @Test func oneModelAnswersAgainAndAgain() async throws {
        let model = try model(batch: 1)
        for _ in 0..<20 {
            #expect(try await answers(model, [0]) == [0])
            #expect(try await answers(model, [255]) == [6])
        }
    }

    @Test func outputsAreKnownByName() async throws {
        let model = try model(batch: 1)
        #expect(Set(model.outputNames) == ["probabilities", "activation"])
        let tensor = try Tensor(.bytes(crop(9)), shape: [1, 1, 48, 48])
        let shape = try await model.infer(["image": tensor]) { try $0.withFloats("activation") { _, shape in shape } }
        #expect(shape == [1, 7, 6, 6])
    }

    @Test func autoSettlesOnAPrecisionAndAnswersAlike() async throws {
        let core = try Core()
        let settled = try core.resolve(.auto)
        let gains = try core.cpuCapabilities().contains("BF16") && Processor.current().gainsByBF16
        #expect(settled == (gains ? .bf16 : .f32))
        #expect(try await answers(model(batch: 1, precision: .auto), [128]) == [3])
    }

    /// /proc/cpuinfo of processors that have bf16, and of some that have not.
    @Test(arguments: [
        ("AuthenticAMD", "sse2 avx512f avx512_bf16", true),
        ("GenuineIntel", "sse2 avx512f avx512_bf16 amx_bf16 amx_tile", true),
        ("GenuineIntel", "sse2 avx512f avx512_bf16", false),
        ("AuthenticAMD", "sse2 avx2", false),
        ("GenuineIntel", "sse2 avx512f", false),
    ])
    func bf16IsTakenWhereTheProcessorGainsByIt(maker: String, flags: String, gains: Bool) {
        let core = """
            processor\t: 0
            vendor_id\t: \(maker)
            model name\t: A: B
            flags\t\t: \(flags)
            bugs\t\t: avx512_bf16


            """
        #expect(Processor(description: core + core).gainsByBF16 == gains)
    }

    @Test(arguments: [
        "", "processor\t: 0\nFeatures\t: fp asimd bf16\n", "flags", "vendor_id : AuthenticAMD\nflags\t:\n",
    ])
    func aProcessorThatLinuxDoesNotTellOfComputesInF32(description: String) {
        #expect(!Processor(description: description).gainsByBF16)
    }

    @Test func aCacheDirectoryIsFilledAndReadAgain() async throws {
        let cache = FileManager.default.temporaryDirectory.appending(path: "mien-\(UUID())")
        defer { try? FileManager.default.removeItem(at: cache) }
        #expect(try await answers(model(batch: 1, cache: cache), [0]) == [0])
        let files = try FileManager.default.contentsOfDirectory(atPath: cache.path)
        #expect(!files.isEmpty)
        #expect(try await answers(model(batch: 1, cache: cache), [255]) == [6])
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache.path) == files)
    }

    private func blob(in cache: URL) throws -> URL {
        let files = try FileManager.default.contentsOfDirectory(at: cache, includingPropertiesForKeys: nil)
        return try #require(files.first { $0.pathExtension == "blob" })
    }

    /// OpenVINO believes a blob of the right length, whatever is in it.
    @Test(arguments: ["altered", "cut", "without a seal", "empty"])
    func aDamagedBlobIsThrownAwayAndMadeAnew(fault: String) async throws {
        let cache = FileManager.default.temporaryDirectory.appending(path: "mien-\(UUID())")
        defer { try? FileManager.default.removeItem(at: cache) }
        #expect(try await answers(model(batch: 1, cache: cache), [128]) == [3])
        let blob = try blob(in: cache)
        let whole = try Data(contentsOf: blob)
        switch fault {
        case "altered":
            var bytes = whole
            for place in bytes.count / 2..<min(bytes.count, bytes.count / 2 + 4096) { bytes[place] ^= 0x40 }
            try bytes.write(to: blob)
        case "cut": try whole.prefix(whole.count / 2).write(to: blob)
        case "empty": try Data().write(to: blob)
        default:
            try FileManager.default.removeItem(at: blob.appendingPathExtension("seal"))
            try Data("no network".utf8).write(to: blob)
        }
        let damaged = try Data(contentsOf: blob)
        #expect(try await answers(model(batch: 1, cache: cache), [128]) == [3])
        #expect(try await answers(model(batch: 1, cache: cache), [0]) == [0])
        let anew = try Data(contentsOf: blob)
        #expect(anew != damaged)
        // OpenVINO does not always write the same number of bytes.
        #expect(abs(anew.count - whole.count) < whole.count / 10)
        #expect(FileManager.default.fileExists(atPath: blob.appendingPathExtension("seal").path))
    }

    @Test func aSealedBlobIsUsedAgain() async throws {
        let cache = FileManager.default.temporaryDirectory.appending(path: "mien-\(UUID())")
        defer { try? FileManager.default.removeItem(at: cache) }
        _ = try model(batch: 1, cache: cache)
        let blob = try blob(in: cache)
        let made = try FileManager.default.attributesOfItem(atPath: blob.path)[.modificationDate] as? Date
        _ = try model(batch: 1, cache: cache)
        #expect(try FileManager.default.attributesOfItem(atPath: blob.path)[.modificationDate] as? Date == made)
    }

    @Test func aMissingFileIsNamed() throws {
        let core = try Core()
        let error = #expect(throws: InferenceError.self) {
            try ModelFile(folder.appending(path: "nothing.xml"), core: core)
        }
        #expect(error?.code == .missingFile)
        #expect(error?.description == "The model file nothing.xml is missing.")
    }

    @Test func aFileThatIsNoModelIsRefused() throws {
        let core = try Core()
        let error = #expect(throws: InferenceError.self) {
            try ModelFile(folder.appending(path: "card.json"), core: core)
        }
        #expect(error?.code == .unreadableModel)
    }

    @Test func anImpossibleShapeIsRefused() throws {
        let source = try ModelFile(modelFile, core: Core())
        for (input, shape) in [("image", [1, 3, 48, 48]), ("nothing", [1, 1, 48, 48])] {
            let error = #expect(throws: InferenceError.self) { try source.reshape(input, to: shape) }
            #expect(error?.code == .wrongShape)
        }
    }

    @Test func anInputOfAnotherShapeOrNameIsRefused() async throws {
        let model = try model(batch: 1)
        let two = try Tensor(.bytes(crop(0) + crop(0)), shape: [2, 1, 48, 48])
        let floats = try Tensor(.floats([Float](repeating: 0, count: 2304)), shape: [1, 1, 48, 48])
        let one = try Tensor(.bytes(crop(0)), shape: [1, 1, 48, 48])
        for inputs in [["image": two], ["image": floats], ["picture": one]] {
            await #expect(throws: InferenceError.self) { try await model.infer(inputs) { _ in } }
        }
        await #expect(throws: InferenceError.self) {
            try await model.infer(["image": one]) { try $0.withFloats("nothing") { _, _ in } }
        }
        #expect(try await answers(model, [0]) == [0])
    }

    @Test func aTensorMustFillItsShape() {
        #expect(throws: InferenceError.self) { try Tensor(.bytes([1, 2, 3]), shape: [2, 2]) }
        #expect(throws: InferenceError.self) { try Tensor(.floats([]), shape: [0]) }
    }
}
