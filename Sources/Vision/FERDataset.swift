public import Foundation

/// Reads a CSV file laid out as FER2013's: `emotion,pixels,Usage` with 2,304 grey levels to a row.
public struct FERDataset: Sendable {
    /// A face with the class that people gave it.
    public struct Sample: Sendable {
        /// The labelled class.
        public var label: Emotion
        /// 48 × 48 grey pixels.
        public var pixels: [UInt8]
    }

    /// The file; `.xz` and `.gz` are unpacked by the programs `xz` and `gzip`, which every Debian has.
    private let file: URL

    /// Makes a reader; nothing is read yet.
    public init(_ file: URL) {
        self.file = file
    }

    /// Reads all rows and hands them over in groups, so that a large file is never in memory whole.
    ///
    /// - Parameters:
    ///   - usage: takes only rows of this usage, such as `PublicTest`; nil for all.
    ///   - groupSize: rows to a group, at least 1.
    ///   - body: called for each group, in order.
    /// - Throws: `VisionError` with code `damaged` that names the line, or what `body` throws.
    public func forEachGroup(
        usage: String? = nil, of groupSize: Int = 64, _ body: ([Sample]) async throws -> Void
    ) async throws {
        guard FileManager.default.isReadableFile(atPath: file.path) else {
            throw VisionError(.damaged, "The file \(file.lastPathComponent) cannot be read.")
        }
        let source = try TextSource(file)
        var group: [Sample] = []
        for try await (number, line) in source.lines {
            guard let sample = try Self.parse(line, number: number, usage: usage) else { continue }
            group.append(sample)
            if group.count == groupSize {
                try await body(group)
                group.removeAll(keepingCapacity: true)
            }
        }
        if !group.isEmpty { try await body(group) }
        try source.finish()
    }

    /// One row, or nil for the heading, an empty line or another usage.
    static func parse(_ line: String, number: Int, usage: String?) throws(VisionError) -> Sample? {
        let text = line.hasSuffix("\r") ? String(line.dropLast()) : line
        if text.isEmpty || (number == 1 && text.lowercased().hasPrefix("emotion")) { return nil }
        // Some copies of the file quote their fields; no field holds a comma or a quotation mark of its own.
        let fields = text.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: CharacterSet(charactersIn: "\" "))
        }
        func bad(_ reason: String) -> VisionError { VisionError(.damaged, "Line \(number): \(reason).") }
        guard fields.count >= 2 else { throw bad("there are no two columns") }
        if let usage {
            guard fields.count >= 3 else { throw bad("there is no column Usage") }
            guard fields[2] == usage else { return nil }
        }
        guard let index = Int(fields[0]), Emotion.allCases.indices.contains(index) else {
            throw bad("the emotion \(fields[0].prefix(20)) is no number from 0 to 6")
        }
        let pixels = fields[1].split(separator: " ").compactMap { UInt8($0) }
        guard pixels.count == FaceCrop.side * FaceCrop.side else {
            throw bad("there are \(pixels.count) grey levels, not 2304")
        }
        return Sample(label: Emotion.allCases[index], pixels: pixels)
    }
}

/// A text file as numbered lines, through an unpacking program where its name asks for one.
private final class TextSource {
    private let process: Process?
    let lines: AsyncThrowingStream<(Int, String), any Error>

    init(_ file: URL) throws {
        let programs = ["xz": "xz", "gz": "gzip"]
        if let program = programs[file.pathExtension] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = [program, "-dc", "--", file.path]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            self.process = process
            lines = Self.lines(of: pipe.fileHandleForReading)
        } else {
            process = nil
            lines = Self.lines(of: try FileHandle(forReadingFrom: file))
        }
    }

    /// Checks that the unpacking program read its file to the end.
    func finish() throws {
        guard let process else { return }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw VisionError(.damaged, "The file could not be unpacked to its end.")
        }
    }

    /// Reads on a thread of its own, since reading blocks.
    private static func lines(of handle: FileHandle) -> AsyncThrowingStream<(Int, String), any Error> {
        let (stream, continuation) = AsyncThrowingStream<(Int, String), any Error>.makeStream()
        Thread.detachNewThread {
            var rest = Data()
            var number = 0
            do {
                while let data = try handle.read(upToCount: 1 << 20), !data.isEmpty {
                    rest.append(data)
                    while let end = rest.firstIndex(of: 0x0A) {
                        number += 1
                        continuation.yield((number, String(decoding: rest[rest.startIndex..<end], as: UTF8.self)))
                        rest.removeSubrange(rest.startIndex...end)
                    }
                }
                if !rest.isEmpty { continuation.yield((number + 1, String(decoding: rest, as: UTF8.self))) }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        return stream
    }
}
