import Contracts
import Foundation
import Testing

@testable import Vision

@Suite struct EvaluationTests {
    private func answer(_ index: Int, _ confidence: Float) -> [Float] {
        (0..<7).map { $0 == index ? confidence : (1 - confidence) / 6 }
    }

    @Test func figuresAreTheOnesOfTheTextbook() {
        var evaluation = Evaluation()
        // Happy: 3 of 4 found, one goes to sad; sad: 1 of 2 found, one goes to happy.
        for index in [3, 3, 3, 4] { evaluation.add(label: .happy, probabilities: answer(index, 0.9)) }
        for index in [4, 3] { evaluation.add(label: .sad, probabilities: answer(index, 0.6)) }
        #expect(evaluation.count == 6)
        #expect(abs(evaluation.accuracy - 4.0 / 6) < 1e-9)
        #expect(evaluation.recall[3] == 0.75 && evaluation.recall[4] == 0.5 && evaluation.recall[0] == nil)
        // F1: happy 2·3/(4+4), sad 2·1/(2+2).
        #expect(abs(evaluation.macroF1 - (0.75 + 0.5) / 2) < 1e-9)
        // Bins: 0.9 with 3 of 4 right, 0.6 with 1 of 2 right.
        let expected = (4 * abs(0.9 - 0.75) + 2 * abs(0.6 - 0.5)) / 6
        #expect(abs(evaluation.expectedCalibrationError - expected) < 1e-6)
        #expect(evaluation.confusion[3] == [0, 0, 0, 3, 1, 0, 0])
    }

    @Test func anEmptyEvaluationIsZero() {
        let evaluation = Evaluation()
        #expect(evaluation.count == 0 && evaluation.accuracy == 0 && evaluation.macroF1 == 0)
    }

    private func write(_ text: String) throws -> URL {
        let file = FileManager.default.temporaryDirectory.appending(path: "mien-\(UUID()).csv")
        try Data(text.utf8).write(to: file)
        return file
    }

    private func row(_ label: Int, _ level: Int, _ usage: String) -> String {
        "\(label),\(Array(repeating: String(level), count: 2304).joined(separator: " ")),\(usage)"
    }

    private func read(_ file: URL, usage: String? = nil, of size: Int = 2) async throws -> [[FERDataset.Sample]] {
        var groups: [[FERDataset.Sample]] = []
        try await FERDataset(file).forEachGroup(usage: usage, of: size) { groups.append($0) }
        return groups
    }

    @Test func rowsAreReadInGroups() async throws {
        let rows = [row(3, 200, "PublicTest"), row(0, 7, "Training"), row(6, 9, "PublicTest")]
        let file = try write("emotion,pixels,Usage\r\n" + rows.joined(separator: "\r\n") + "\r\n")
        defer { try? FileManager.default.removeItem(at: file) }
        let groups = try await read(file)
        #expect(groups.map(\.count) == [2, 1])
        #expect(groups.joined().map(\.label) == [.happy, .angry, .neutral])
        #expect(groups[0][0].pixels == [UInt8](repeating: 200, count: 2304))
        #expect(try await read(file, usage: "PublicTest").joined().map(\.label) == [.happy, .neutral])
    }

    @Test func quotedFieldsAreReadAsWell() async throws {
        let levels = Array(repeating: "9", count: 2304).joined(separator: " ")
        let file = try write("emotion,pixels,Usage\n\"3\",\"\(levels)\",\"PublicTest\"\n")
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(try await read(file, usage: "PublicTest").joined().map(\.label) == [.happy])
    }

    @Test(arguments: ["xz", "gz"])
    func packedFilesAreUnpackedWhileReading(kind: String) async throws {
        let file = try write("emotion,pixels,Usage\n" + row(5, 1, "PrivateTest") + "\n")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [kind == "xz" ? "xz" : "gzip", file.path]
        try process.run()
        process.waitUntilExit()
        let packed = file.appendingPathExtension(kind)
        defer { try? FileManager.default.removeItem(at: packed) }
        #expect(try await read(packed).joined().map(\.label) == [.surprise])
        // Cut off in the middle, it must not pass for a shorter file.
        try Data(contentsOf: packed).dropLast(12).write(to: packed)
        await #expect(throws: VisionError.self) { try await read(packed) }
    }

    @Test func aProgramThatIsNotThereSaysNothingOfTheFile() {
        #expect(TextLines.refusal(status: 0, of: "xz") == nil)
        let missing = TextLines.refusal(status: 127, of: "xz")?.description
        #expect(missing?.hasPrefix("The file is packed with xz, which is not installed here.") == true)
        #expect(TextLines.refusal(status: 1, of: "xz")?.description.contains("damaged") == true)
    }

    @Test(arguments: ["7,1 2 3,Training", "3,1 2 3,Training", "happy,1,Training", "3"])
    func aBrokenRowIsNamedByItsLine(line: String) async throws {
        let file = try write("emotion,pixels,Usage\n\(line)\n")
        defer { try? FileManager.default.removeItem(at: file) }
        let error = await #expect(throws: VisionError.self) { try await read(file) }
        #expect(error?.description.hasPrefix("Line 2: ") == true)
    }
}
