import Blocking
import Foundation

/// A text file as numbered lines, through an unpacking program where its first bytes ask for one: names are often wrong.
struct TextLines {
    /// In order, numbered from 1, without their ends and without a byte-order mark.
    let lines: AsyncThrowingStream<(Int, String), any Error>

    /// Bytes that tell what a file is: a tar archive is known by its first block.
    private static let headLength = 512
    private static let packers: [(start: [UInt8], program: String)] = [
        ([0x1F, 0x8B], "gzip"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz"),
    ]
    private static let unpack = "Unpack it, and give the CSV file that is in it."
    /// How files begin that are taken for a CSV, and what to say of them.
    private static let foreign: [(start: [UInt8], says: String)] = [
        (Array("PK".utf8) + [3, 4], "The file is a zip archive or a workbook. \(unpack)"),
        (Array("PK".utf8) + [5, 6], "The file is an empty zip archive."),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "The file is a 7z archive. \(unpack)"),
        (Array("BZh".utf8), "The file is packed with bzip2. \(unpack)"),
        ([0x28, 0xB5, 0x2F, 0xFD], "The file is packed with zstd. \(unpack)"),
        ([0x1F, 0x8B], "The file is packed twice. Unpack it once."),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "The file is packed twice. Unpack it once."),
        ([0xFF, 0xFE], "The file is UTF-16 text. Save it as UTF-8."),
        ([0xFE, 0xFF], "The file is UTF-16 text. Save it as UTF-8."),
    ]

    init(_ file: URL) throws {
        let handle = try FileHandle(forReadingFrom: file)
        let head = try handle.read(upToCount: Self.headLength) ?? Data()
        guard let packer = Self.packers.first(where: { head.starts(with: $0.start) }) else {
            lines = Self.lines(of: LineReader(handle, after: head, from: nil))
            return
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [packer.program, "-dc"]
        process.standardInput = try FileHandle(forReadingFrom: file)
        let pipe = Pipe()
        process.standardOutput = pipe
        // What it says of a damaged file is said here.
        process.standardError = FileHandle.nullDevice
        try process.run()
        lines = Self.lines(of: LineReader(pipe.fileHandleForReading, after: Data(), from: process))
    }

    private static func lines(of reader: LineReader) -> AsyncThrowingStream<(Int, String), any Error> {
        AsyncThrowingStream { try await reader.next() }
    }

    /// The start of a text, of `headLength` bytes where there are so many, says what it is.
    fileprivate static func check(_ head: inout Data, of handle: FileHandle) throws {
        while head.count < headLength, let more = try handle.read(upToCount: headLength - head.count), !more.isEmpty {
            head.append(more)
        }
        try refuseForeign(head)
    }

    private static func refuseForeign(_ head: Data) throws(VisionError) {
        if let match = foreign.first(where: { head.starts(with: $0.start) }) {
            throw VisionError(.damaged, match.says)
        }
        // POSIX.1-1988, "ustar" in a header block.
        if head.dropFirst(257).starts(with: "ustar".utf8) {
            throw VisionError(.damaged, "The file is a tar archive. \(unpack)")
        }
        let start = String(decoding: head.prefix(64), as: UTF8.self).lowercased()
            .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") {
            throw VisionError(.damaged, "The file is an HTML page, perhaps one to sign in. Fetch the file itself.")
        }
    }

    /// Checks that the unpacking program read its file to the end.
    fileprivate static func finish(_ process: Process?) throws(VisionError) {
        guard let process else { return }
        process.waitUntilExit()
        let program = process.arguments?.first ?? ""
        if let refusal = refusal(status: process.terminationStatus, of: program) { throw refusal }
    }

    /// What an unpacking program's end says of its file; nil when it is whole. 127 is env's word for a program that is not
    /// there (POSIX.1-2017), and says nothing of the file.
    static func refusal(status: Int32, of program: String) -> VisionError? {
        switch status {
        case 0: nil
        case 127: VisionError(.damaged, "The file is packed with \(program), which is not installed here. \(unpack)")
        default: VisionError(.damaged, "The file could not be unpacked to its end: it ends early or is damaged.")
        }
    }
}

/// Reads on a thread of its own, since reading blocks: the next portion when the lines of the last one are used.
private actor LineReader {
    private nonisolated let executor = BlockingExecutor(label: "mien.lines")
    private let handle: FileHandle
    private let process: Process?
    private var head: Data?
    private var splitter = LineSplitter()
    private var waiting: ArraySlice<(Int, String)> = []
    private var isAtEnd = false
    private static let portion = 1 << 20

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - handle: what comes after `head`, which was read already.
    ///   - process: unpacks what `handle` gives, where something does.
    init(_ handle: FileHandle, after head: Data, from process: Process?) {
        self.handle = handle
        self.head = head
        self.process = process
    }

    func next() throws -> (Int, String)? {
        while waiting.isEmpty, !isAtEnd { waiting = try read()[...] }
        return waiting.popFirst()
    }

    private func read() throws -> [(Int, String)] {
        if var start = head {
            head = nil
            try TextLines.check(&start, of: handle)
            return try splitter.lines(adding: start)
        }
        if let data = try handle.read(upToCount: Self.portion), !data.isEmpty {
            return try splitter.lines(adding: data)
        }
        isAtEnd = true
        // Before the last line, which a file that ends early has cut.
        try TextLines.finish(process)
        return try splitter.last().map { [$0] } ?? []
    }
}

/// Cuts bytes into lines of UTF-8 text.
private struct LineSplitter {
    private var rest = Data()
    private var number = 0
    /// The longest line: a row has some nine thousand bytes, and a file without lines would fill the memory.
    private static let longest = 1 << 22

    mutating func lines(adding data: Data) throws(VisionError) -> [(Int, String)] {
        rest.append(data)
        var found: [(Int, String)] = []
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: 0x0A) {
            found.append(try text(rest[start..<end]))
            start = rest.index(after: end)
        }
        rest = Data(rest[start...])
        guard rest.count < Self.longest else {
            throw VisionError(.damaged, "Line \(number + 1): the line does not end.")
        }
        return found
    }

    /// What follows the last line's end, where there is something.
    mutating func last() throws(VisionError) -> (Int, String)? {
        rest.isEmpty ? nil : try text(rest)
    }

    private mutating func text(_ bytes: Data) throws(VisionError) -> (Int, String) {
        number += 1
        var bytes = bytes
        if number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if bytes.last == 0x0D { bytes = bytes.dropLast() }
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw VisionError(.damaged, "Line \(number): the file is no UTF-8 text.")
        }
        return (number, text)
    }
}
