import Foundation
import Logging
import Testing

@testable import Telemetry

@Suite struct RotatingFileTests {
    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "mien-log-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    private func lines(_ name: String) throws -> [Substring] {
        try String(contentsOf: directory.appending(path: name), encoding: .utf8).split(separator: "\n")
    }

    @Test func filesAreRotatedBeforeTheyGrowTooLargeAndOldOnesGo() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = try RotatingFile(path: directory.appending(path: "a.log").path, maxBytes: 100, kept: 2)
        for number in 0..<40 { file.write("line number \(number)\n") }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter {
            !$0.hasSuffix(".lock")
        }
        #expect(names.sorted() == ["a.log", "a.log.1", "a.log.2"])
        #expect(try lines("a.log").last == "line number 39")
        let kept = try lines("a.log.2") + lines("a.log.1") + lines("a.log")
        let numbers = kept.compactMap { Int($0.split(separator: " ").last ?? "") }
        #expect(numbers == Array((40 - numbers.count)..<40))
        for name in names { #expect(try lines(name).joined(separator: "\n").utf8.count <= 100) }
    }

    @Test func twoWritersOfOneFileLoseNoLine() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "b.log").path
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<2 {
                group.addTask {
                    guard let file = try? RotatingFile(path: path, maxBytes: 2_000, kept: 100) else { return }
                    for number in 0..<200 { file.write("\(writer) \(number)\n") }
                }
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter {
            !$0.hasSuffix(".lock")
        }
        let all = try names.flatMap { try lines($0) }
        #expect(Set(all).count == 400)
        #expect(all.count == 400)
    }

    @Test func aFileThatCannotBeOpenedIsNamed() {
        let error = #expect(throws: LogFileError.self) {
            _ = try RotatingFile(path: "/does/not/exist/a.log", maxBytes: 100, kept: 1)
        }
        #expect(
            error?.description == "The log file \"/does/not/exist/a.log\" cannot be opened: No such file or directory.")
    }
}

@Suite struct LineLogHandlerTests {
    private final class Lines: LineSink {
        private let lock = NSLock()
        nonisolated(unsafe) private var stored: [String] = []  // Guarded by the lock.
        var all: [String] { lock.withLock { stored } }
        func write(_ line: String) { lock.withLock { stored.append(line) } }
    }

    private func logger(_ format: LogSettings.Format, _ lines: Lines) -> Logger {
        Logger(label: "mien.test") { label in
            LineLogHandler(
                label: label, logLevel: .info, format: format, sinks: LineSinks(console: lines, file: nil))
        }
    }

    @Test func aTextLineCarriesItsFieldsAndCannotBeForged() throws {
        let lines = Lines()
        let logger = logger(.text, lines)
        logger.info("Photo stored", metadata: ["analysis.id": "7", "file.name": "a\nb \"c\""])
        logger.debug("Not shown")
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1)
        #expect(line.hasSuffix(" info mien.test: Photo stored analysis.id=7 file.name=\"a\\u{a}b \\\"c\\\"\"\n"))
        #expect(line.prefix(24).wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test func aJSONLineIsOneObject() throws {
        let lines = Lines()
        logger(.json, lines).error("It broke", metadata: ["request.id": "x\n\"y\""])
        let object = try JSONDecoder().decode([String: String].self, from: Data(#require(lines.all.first).utf8))
        #expect(object["message"] == "It broke")
        #expect(object["level"] == "error")
        #expect(object["request.id"] == "x\n\"y\"")
    }
}
