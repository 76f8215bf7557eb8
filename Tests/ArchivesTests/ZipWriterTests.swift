import Archives
import Foundation
import Testing

/// What another implementation, Python's, reads from an archive.
private struct Reading: Decodable {
    struct Entry: Decodable {
        let name: String
        let size: Int
        let method: Int
        let sha256: String
    }
    /// The first entry whose checksum is wrong.
    let bad: String?
    let entries: [Entry]

    private static let script = """
        import hashlib, json, sys, zipfile
        z = zipfile.ZipFile(sys.argv[1])
        entries = [dict(name=i.filename, size=i.file_size, method=i.compress_type,
                        sha256=hashlib.sha256(z.read(i)).hexdigest()) for i in z.infolist()]
        print(json.dumps(dict(bad=z.testzip(), entries=entries)))
        """

    static func of(_ pieces: [[UInt8]]) throws -> Reading {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).zip")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(pieces.joined()).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script, file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return try JSONDecoder().decode(Reading.self, from: data)
    }
}

@Suite struct ZipWriterTests {
    @Test func anotherImplementationReadsWhatWasWritten() async throws {
        let photo = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761) }
        let text = Array(String(repeating: "{\"emotion\": \"happy\"}\n", count: 5_000).utf8)
        let zip = ZipWriter()
        let pieces = [
            try await zip.add("photos/Grüße aus 東京 🙂.jpg", photo, compression: .stored),
            try await zip.add("data.json", text, compression: .deflated),
            try await zip.add("empty.txt", [], compression: .stored), try await zip.finish(),
        ]
        let reading = try Reading.of(pieces)
        #expect(reading.bad == nil)
        #expect(reading.entries.map(\.name) == ["photos/Grüße aus 東京 🙂.jpg", "data.json", "empty.txt"])
        #expect(reading.entries.map(\.size) == [photo.count, text.count, 0])
        #expect(reading.entries.map(\.method) == [0, 8, 0])
        #expect(pieces[1].count < text.count / 10)
    }

    @Test func bytesComeOutAsTheyAreWritten() async throws {
        let zip = ZipWriter()
        let photo = [UInt8](repeating: 7, count: 1 << 20)
        for number in 0..<3 {
            let piece = try await zip.add("\(number).jpg", photo, compression: .stored)
            #expect((photo.count...(photo.count + 200)).contains(piece.count))
        }
        // No padding behind the directory.
        #expect(try await zip.finish().count < 500)
    }

    @Test func moreEntriesThanSixteenBitsCount() async throws {
        let zip = ZipWriter()
        var pieces: [[UInt8]] = []
        for number in 0..<66_000 { pieces.append(try await zip.add("\(number)", [1], compression: .stored)) }
        pieces.append(try await zip.finish())
        let reading = try Reading.of(pieces)
        #expect(reading.entries.count == 66_000)
        #expect(reading.entries.last?.name == "65999")
        #expect(reading.bad == nil)
    }

    @Test func manyArchivesAreWrittenAtOnce() async throws {
        let readings = try await withThrowingTaskGroup(of: Reading.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let zip = ZipWriter()
                    var pieces: [[UInt8]] = []
                    for _ in 0..<5 {
                        let bytes = [UInt8](repeating: UInt8(number), count: 40_000)
                        pieces.append(try await zip.add("\(pieces.count)", bytes, compression: .deflated))
                    }
                    return try Reading.of(pieces + [try await zip.finish()])
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(readings.allSatisfy { $0.bad == nil && Set($0.entries.map(\.sha256)).count == 1 })
        #expect(Set(readings.map { $0.entries[0].sha256 }).count == 8)
    }

    @Test func aFinishedArchiveTakesNothingMore() async throws {
        let zip = ZipWriter()
        _ = try await zip.finish()
        await #expect(throws: ArchiveError.self) { try await zip.add("late", [1], compression: .stored) }
    }

    @Test func anAbandonedArchiveIsFreed() async throws {
        for _ in 0..<100 { _ = try await ZipWriter().add("a", [1, 2, 3], compression: .deflated) }
    }
}

@Suite struct EntryNamesTests {
    @Test func noTwoAreTheSame() {
        var names = EntryNames()
        #expect(names.path(for: "a.jpg", in: "photos") == "photos/a.jpg")
        #expect(names.path(for: "A.jpg", in: "photos") == "photos/A-2.jpg")
        #expect(names.path(for: "a-2.jpg", in: "photos") == "photos/a-2-2.jpg")
        #expect(names.path(for: "a.jpg") == "a.jpg")
    }

    @Test(arguments: ["../../etc/passwd", "..\\..\\x", "/root", "C:\\x", "a\u{0}b", ".", "..", "", "\u{202E}gpj.exe"])
    func noneLeadsOut(_ name: String) {
        var names = EntryNames()
        let path = names.path(for: name)
        #expect(!path.isEmpty && !path.contains("/") && !path.contains("\\") && !path.hasPrefix("."))
        #expect(!path.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202E })
    }

    @Test func aLongNameKeepsItsEnding() {
        var names = EntryNames()
        let path = names.path(for: String(repeating: "ü", count: 300) + ".jpeg")
        #expect(path.hasSuffix(".jpeg") && path.utf8.count <= 120)
    }

    /// What a reader sees as one character may be longer than a name may be.
    @Test func noNameIsEmptyOrEndsAsWindowsRefuses() {
        for name in [
            "a" + String(repeating: "\u{0327}\u{0334}", count: 35) + ".", String(repeating: "\u{0334}", count: 200),
            String(repeating: "a", count: 119) + " bcd", String(repeating: "a", count: 118) + ".. bcd",
            String(repeating: "ü", count: 59) + "x. yz",
        ] {
            var names = EntryNames()
            let path = names.path(for: name)
            #expect(!path.isEmpty && path.utf8.count <= 120, "\(path)")
            #expect(!path.hasSuffix(" ") && !path.hasSuffix(".") && path != "unnamed", "\(path)")
        }
    }

    @Test func noNameIsADevicesOnWindows() {
        var names = EntryNames()
        #expect(names.path(for: "CON") == "_CON")
        #expect(names.path(for: "con") == "_con-2")
        #expect(names.path(for: "nul.tar.gz") == "_nul.tar.gz")
        #expect(names.path(for: "AUX .jpg") == "_AUX .jpg")
        #expect(names.path(for: "lpt1") == "_lpt1" && names.path(for: "COM².txt") == "_COM².txt")
        #expect(names.path(for: "console") == "console" && names.path(for: "COM10") == "COM10")
    }
}
