// Archives: many files in one download, written while it is sent. minizip, of zlib, does the format.

import Blocking
public import Foundation

/// Writes a ZIP piece by piece: each call returns the bytes that have become ready, to be sent before the next call.
///
///     var zip = ZipWriter()
///     try await send(zip.add("a.json", bytes, compression: .deflated))
///     try await send(zip.finish())
///
/// Nothing is kept but the directory of what was written, so an archive may be larger than the memory: ZIP64 is used where
/// it is needed. Checksums and compression run on a thread of their own, which all archives share: they are made only as
/// fast as they are fetched, and never on the cooperative pool.
///
/// - Important: An archive that is abandoned needs nothing; one that is to be read needs ``finish()``.
public actor ZipWriter {
    /// What is done to a file's bytes.
    public enum Compression: Sendable {
        /// Nothing: right for JPEG, PNG, WebP and PDF, which do not get smaller.
        case stored
        /// Deflate: right for text.
        case deflated
    }

    private static let shared = BlockingExecutor(label: "archives")

    /// The shared thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { Self.shared.asUnownedSerialExecutor() }

    private var archive: ZipArchive?
    private var isFinished = false

    /// Makes an archive in which nothing is yet.
    public init() {}

    /// Adds one file.
    /// - Parameters:
    ///   - path: Its relative path in the archive, with `/` between folders. See ``EntryNames`` for names that people chose.
    ///   - bytes: The whole file.
    ///   - modified: The time that the archive says it was last changed.
    /// - Returns: What is to be sent now, in this order after what was returned before.
    /// - Throws: ``ArchiveError``, after which the archive cannot be gone on with.
    public func add(
        _ path: String, _ bytes: [UInt8], compression: Compression, modified: Date = Date()
    ) throws -> [UInt8] {
        try opened().add(path, bytes, isStored: compression == .stored, modified: modified)
    }

    /// Ends the archive.
    /// - Returns: The last bytes: the directory.
    public func finish() throws -> [UInt8] {
        let bytes = try opened().finish()
        isFinished = true
        archive = nil
        return bytes
    }

    private func opened() throws -> ZipArchive {
        guard !isFinished else { throw ArchiveError(detail: "the archive is finished already") }
        if let archive { return archive }
        let made = try ZipArchive()
        archive = made
        return made
    }
}
