import Archives
import Foundation
import Testing

@Suite struct GzipTests {
    /// As gzip itself unpacks it.
    private static func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc"]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(bytes))
        try input.fileHandleForWriting.close()
        let unpacked = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return [UInt8](unpacked)
    }

    @Test func whatIsPackedIsUnpackedAsItWas() throws {
        var noise = SystemRandomNumberGenerator()
        let texts: [[UInt8]] = [
            [], [7], Array(String(repeating: ".card { color: inherit; }\n", count: 2_000).utf8),
            (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &noise) },
        ]
        for text in texts { #expect(try Self.unpacked(Gzip.compress(text)) == text) }
        #expect(try Gzip.compress(texts[2]).count < texts[2].count / 20)
    }
}
