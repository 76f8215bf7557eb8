import CMinizip
import Foundation

/// Owns minizip's writer. Belongs to one ``ZipWriter``.
final class ZipArchive {
    private let writer: zipFile
    /// Where minizip writes. It lives as long as the writer, which keeps its address.
    private let output: Output
    private var isOpen = true

    init() throws {
        output = Output()
        var functions = Output.functions(output)
        guard let writer = zipOpen2_64(nil, APPEND_STATUS_CREATE, nil, &functions) else {
            throw ArchiveError(detail: "minizip could not start")
        }
        self.writer = writer
    }

    deinit {
        // The only way to give the writer's memory back; what it writes goes nowhere.
        if isOpen { zipClose(writer, nil) }
    }

    func add(_ path: String, _ bytes: [UInt8], isStored: Bool, modified: Date) throws -> [UInt8] {
        var information = zip_fileinfo()
        information.tmz_date = Self.dosDate(modified)
        information.external_fa = 0o100_644 << 16  // A regular file, as Unix says it.
        try check(
            zipOpenNewFileInZip4_64(
                writer, path, &information, nil, 0, nil, 0, nil, isStored ? 0 : Z_DEFLATED, Z_DEFAULT_COMPRESSION, 0,
                -MAX_WBITS, Self.deflateMemory, Z_DEFAULT_STRATEGY, nil, 0, Self.madeBy, Self.namesAreUTF8, 0))
        try bytes.withUnsafeBytes { bytes in
            guard let length = UInt32(exactly: bytes.count) else {
                throw ArchiveError(detail: "4 GB or more in one file")
            }
            try check(zipWriteInFileInZip(writer, bytes.baseAddress, length))
        }
        try check(zipCloseFileInZip(writer))
        return output.take()
    }

    func finish() throws -> [UInt8] {
        isOpen = false
        try check(zipClose(writer, nil))
        return output.take()
    }

    private func check(_ code: Int32) throws {
        guard code == ZIP_OK else { throw ArchiveError(detail: "minizip failed with code \(code)") }
    }

    // APPNOTE.TXT 4.4.2 (Unix, version 6.3 of the format) and 4.4.4 (bit 11).
    private static let madeBy: UInt = 3 << 8 | 63
    private static let namesAreUTF8: UInt = 1 << 11
    /// zlib's default.
    private static let deflateMemory: Int32 = 8

    private static func dosDate(_ date: Date) -> tm_zip {
        var seconds = time_t(date.timeIntervalSince1970)
        var time = tm()
        gmtime_r(&seconds, &time)
        // The format knows no year before 1980. The numbers are unsigned in Debian 12's minizip, and signed since 1.3.
        return time.tm_year >= 80
            ? tm_zip(
                tm_sec: numericCast(time.tm_sec), tm_min: numericCast(time.tm_min), tm_hour: numericCast(time.tm_hour),
                tm_mday: numericCast(time.tm_mday), tm_mon: numericCast(time.tm_mon),
                tm_year: numericCast(time.tm_year) + 1900)
            : tm_zip(tm_sec: 0, tm_min: 0, tm_hour: 0, tm_mday: 1, tm_mon: 0, tm_year: 1980)
    }
}

/// The end of an archive that nobody has taken yet. minizip goes back to write a file's size and checksum into its header,
/// never behind the beginning of the file it is at: what was taken does not change any more.
private final class Output {
    private var bytes: [UInt8] = []
    /// How much was taken before.
    private var start = 0
    /// Where the next byte goes, from the archive's beginning.
    private var position = 0

    func take() -> [UInt8] {
        defer {
            start += bytes.count
            bytes = []
        }
        return bytes
    }

    private func write(_ new: UnsafeRawBufferPointer) {
        let offset = position - start
        let overwritten = min(new.count, bytes.count - offset)
        bytes.replaceSubrange(offset..<offset + overwritten, with: new)
        position += new.count
    }

    private func seek(_ offset: Int, from origin: Int32) -> Bool {
        let target =
            switch origin {
            case ZLIB_FILEFUNC_SEEK_CUR: position + offset
            case ZLIB_FILEFUNC_SEEK_END: start + bytes.count + offset
            default: offset
            }
        guard (start...start + bytes.count).contains(target) else { return false }
        position = target
        return true
    }

    private static func at(_ address: UnsafeMutableRawPointer?) -> Output? {
        address.map { Unmanaged<Output>.fromOpaque($0).takeUnretainedValue() }
    }

    static func functions(_ output: Output) -> zlib_filefunc64_def {
        zlib_filefunc64_def(
            zopen64_file: { output, _, _ in output },
            zread_file: { _, _, _, _ in 0 },
            zwrite_file: { output, _, bytes, count in
                Output.at(output)?.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
                return count
            },
            ztell64_file: { output, _ in ZPOS64_T(Output.at(output)?.position ?? 0) },
            zseek64_file: { output, _, offset, origin in
                Output.at(output)?.seek(Int(offset), from: origin) == true ? 0 : -1
            },
            zclose_file: { _, _ in 0 },
            zerror_file: { _, _ in 0 },
            opaque: Unmanaged.passUnretained(output).toOpaque())
    }
}

/// Why an archive could not be written. Nothing that a person sent can cause it.
public struct ArchiveError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    let detail: String

    /// Safe to show.
    public var description: String { "The archive could not be made." }
    /// Everything that is known, for logs.
    public var debugDescription: String { "ArchiveError: \(detail)" }
}
