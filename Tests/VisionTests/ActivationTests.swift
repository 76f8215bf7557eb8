import Blocking
import Contracts
import Foundation
import Imaging
import Inference
import Testing

@testable import Vision

@Suite struct ActivationTests {
    @Test func aFaceGetsTheMapOfItsEmotion() async throws {
        let pipeline = try await Fixtures.pipeline()
        let photo = try Fixtures.astronaut()
        let analysis = try await pipeline.analyse(photo, activations: true)
        let map = try #require(analysis.faces.first?.activation)
        #expect((map.columns, map.rows, map.values.count) == (6, 6, 36))
        #expect(try await pipeline.analyse(photo).faces.first?.activation == map)
        #expect(try await pipeline.analyse(photo, activations: false).faces.first?.activation == nil)
    }

    /// The brightness model's map is 2·100·c·m − 100·c² for class c/6 and a cell's mean m: here every cell is alike.
    @Test func everyFaceOfABatchGetsItsOwnMap() async throws {
        let core = try Core()
        let classifier = try EmotionClassifier(
            Fixtures.model.appending(path: "model.xml"), core: core, options: CompileOptions(precision: .f32),
            executor: BlockingExecutor(label: "test"))
        let levels: [UInt8] = [128, 0, 255, 85, 170]
        let answers = try await classifier.answers(
            to: levels.map { FaceCrop(pixels: [UInt8](repeating: $0, count: 2304)) }, activations: true)
        for (level, answer) in zip(levels, answers) {
            let map = try #require(answer.activation)
            let best = answer.probabilities.indices.max { answer.probabilities[$0] < answer.probabilities[$1] }
            let centre = Float(try #require(best)) / 6
            let expected = 200 * centre * Float(level) / 255 - 100 * centre * centre
            #expect(map.values.allSatisfy { abs($0 - expected) < 0.6 })
        }
    }

    @Test func thePictureIsWarmestWhereTheMapIsStrongest() async throws {
        var analysis = try await Fixtures.pipeline().analyse(
            Fixtures.tightCrop(side: 96).jpeg(quality: 95), activations: true)
        #expect(analysis.faces.count == 1 && analysis.faceCrop)
        var values = [Float](repeating: -1, count: 36)
        values[0] = 4
        analysis.faces[0].activation = ActivationMap(columns: 6, rows: 6, values: values)
        let picture = try #require(try analysis.activationPicture())
        let raster = try Photo(picture).decode(longSide: 1600)
        #expect((raster.width, raster.height) == (analysis.previewWidth, analysis.previewHeight))
        func pixel(_ x: Int, _ y: Int) throws -> [Int] {
            try raster.withPixels { pixels in (0..<3).map { Int(pixels[(y * raster.width + x) * 3 + $0]) } }
        }
        let (warm, cold) = (try pixel(raster.width / 12, raster.height / 12), try pixel(raster.width - 20, 40))
        #expect(warm[0] > cold[0] + 50 && warm[2] < cold[2])
        analysis.faces[0].activation = nil
        #expect(try analysis.activationPicture() == nil)
    }

    @Test func levelsKeepAMapToHalfAStep() {
        let values = (0..<36).map { Float($0 * $0) / 50 - 7 }
        let (cells, low, high) = ActivationMap(columns: 6, rows: 6, values: values).levels
        #expect((cells.count, cells.min(), cells.max(), low, high) == (36, 0, 255, values[0], values[35]))
        for (cell, value) in zip(cells, values) {
            #expect(abs(low + (high - low) * Float(cell) / 255 - value) <= (high - low) / 510 + 1e-5)
        }
        let flat = ActivationMap(columns: 1, rows: 1, values: [3]).levels
        #expect(flat.cells == [0] && flat.low == 3 && flat.high == 3)
    }

    @Test func aModelWithoutMapsSaysSo() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mien-model-\(UUID())")
        try FileManager.default.copyItem(at: Fixtures.model, to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let network = folder.appending(path: "model.xml")
        let text = try String(contentsOf: network, encoding: .utf8)
        try text.replacing("names=\"activation\"", with: "names=\"other\"")
            .write(to: network, atomically: true, encoding: .utf8)
        try Fixtures.renewChecksums(of: folder)
        let pipeline = try await Fixtures.pipeline(model: folder)
        let faces = try await pipeline.analyse(Fixtures.astronaut()).faces
        #expect(faces.count == 1 && faces[0].activation == nil)
        let error = await #expect(throws: VisionError.self) {
            try await pipeline.analyse(Fixtures.astronaut(), activations: true)
        }
        #expect(error?.code == .noActivation)
    }
}
