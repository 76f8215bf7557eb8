import Foundation
import Glibc
import Synchronization
import Testing

@testable import Vision

@Suite(.timeLimit(.minutes(1))) struct TextLinesTests {
    private static let line = String(repeating: "7", count: 999) + "\n"
    private static let count = 20_000

    /// Lines through a named pipe, and how many bytes of them were taken out of it so far.
    private static func write(into pipe: URL, _ written: Written) {
        let bytes = Array(String(repeating: line, count: 100).utf8)
        signal(SIGPIPE, SIG_IGN)
        let descriptor = open(pipe.path, O_WRONLY)
        for _ in 0..<count / 100 {
            var sent = 0
            while sent < bytes.count {
                let some = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + sent, bytes.count - sent) }
                guard some > 0 else { break }
                sent += some
            }
            written.bytes.withLock { $0 += sent }
            guard sent == bytes.count else { break }
        }
        close(descriptor)
    }

    private final class Written: Sendable {
        let bytes = Mutex(0)
    }

    @Test func aFileIsReadNoFasterThanItIsUsed() async throws {
        let pipe = FileManager.default.temporaryDirectory.appending(path: "lines-\(UUID().uuidString)")
        try #require(mkfifo(pipe.path, 0o600) == 0)
        defer { try? FileManager.default.removeItem(at: pipe) }
        let written = Written()
        Thread.detachNewThread { Self.write(into: pipe, written) }
        var lines = try TextLines(pipe).lines.makeAsyncIterator()
        #expect(try await lines.next()?.0 == 1)
        try await Task.sleep(for: .milliseconds(500))
        // A portion, and what a pipe holds.
        #expect(written.bytes.withLock(\.self) < 2 << 20)
        var number = 1
        while let line = try await lines.next() {
            number += 1
            #expect(line.0 == number)
        }
        #expect(number == Self.count)
    }

    @Test func whoStopsReadingStopsTheFile() async throws {
        let pipe = FileManager.default.temporaryDirectory.appending(path: "lines-\(UUID().uuidString)")
        try #require(mkfifo(pipe.path, 0o600) == 0)
        defer { try? FileManager.default.removeItem(at: pipe) }
        let written = Written()
        Thread.detachNewThread { Self.write(into: pipe, written) }
        for try await _ in try TextLines(pipe).lines { break }
        try await Task.sleep(for: .milliseconds(500))
        #expect(written.bytes.withLock(\.self) < Self.count * 1_000 / 2)
    }
}
