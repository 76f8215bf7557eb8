import CArchive
import Foundation

/// Owns libarchive's writer. Belongs to one ``ZipWriter``.
final class ZipArchive {
    private let writer: OpaquePointer
    /// What libarchive has written and nobody has taken. It lives as long as the writer, whose callback appends to it.
    private let output = Output()

    private final class Output {
        var bytes: [UInt8] = []

        func take() -> [UInt8] {
            defer { bytes = [] }
            return bytes
        }
    }

    init() throws {
        guard let writer = archive_write_new() else { throw ArchiveError(detail: "no memory for a writer") }
        self.writer = writer
        // Everything is set, so that deinit runs also when this throws.
        try TextLocale.withUTF8 { try open() }
    }

    deinit {
        // Freeing an open archive would finish it first, for nobody.
        archive_write_fail(writer)
        archive_write_free(writer)
    }

    private func open() throws {
        try check(archive_write_set_format_zip(writer))
        try check(archive_write_add_filter_none(writer))
        // No blocks, hence no padding behind the directory: bytes come out when they are ready.
        try check(archive_write_set_bytes_per_block(writer, 0))
        try check(archive_write_set_options(writer, "hdrcharset=UTF-8"))
        let context = Unmanaged.passUnretained(output).toOpaque()
        try check(
            archive_write_open2(
                writer, context, nil,
                { _, context, bytes, count in
                    guard let context, let bytes else { return 0 }
                    Unmanaged<Output>.fromOpaque(context).takeUnretainedValue().bytes.append(
                        contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
                    return la_ssize_t(count)
                }, nil, nil))
    }

    func add(_ path: String, _ bytes: [UInt8], isStored: Bool, modified: Date) throws -> [UInt8] {
        try TextLocale.withUTF8 {
            // Both set the method for the entries that follow.
            try check(
                isStored
                    ? archive_write_zip_set_compression_store(writer)
                    : archive_write_zip_set_compression_deflate(writer))
            guard let entry = archive_entry_new() else { throw ArchiveError(detail: "no memory for an entry") }
            defer { archive_entry_free(entry) }
            archive_entry_set_pathname(entry, path)
            archive_entry_set_size(entry, Int64(bytes.count))
            archive_entry_set_filetype(entry, 0o100_000)  // AE_IFREG
            archive_entry_set_perm(entry, 0o644)
            archive_entry_set_mtime(entry, time_t(modified.timeIntervalSince1970), 0)
            output.bytes.reserveCapacity(bytes.count + 256)
            try check(archive_write_header(writer, entry))
            try write(bytes)
            try check(archive_write_finish_entry(writer))
        }
        return output.take()
    }

    /// `archive_write_data` may take less than it was offered.
    private func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { all in
            var rest = all[...]
            while !rest.isEmpty {
                let count = archive_write_data(writer, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard count > 0 else { throw failure() }
                rest = rest.dropFirst(count)
            }
        }
    }

    func finish() throws -> [UInt8] {
        try check(archive_write_close(writer))
        return output.take()
    }

    /// A warning is a failure as well: it says that a name could not be written as it is.
    private func check(_ code: Int32) throws {
        guard code == ARCHIVE_OK else { throw failure() }
    }

    private func failure() -> ArchiveError {
        ArchiveError(detail: archive_error_string(writer).map { String(cString: $0) } ?? "unknown error")
    }
}

/// libarchive writes names in UTF-8 only when the calling thread's locale says that its strings are; services run in the
/// C locale. Only this thread is touched, and only for the call.
private enum TextLocale {
    /// Built into glibc since 2.35. Never freed.
    nonisolated(unsafe) private static let utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)

    static func withUTF8<Result>(_ body: () throws -> Result) throws -> Result {
        guard let utf8 else { throw ArchiveError(detail: "the locale C.UTF-8 is missing") }
        let former = uselocale(utf8)
        defer { uselocale(former) }
        return try body()
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
