import CMinizip

/// One file as HTTP's `Content-Encoding: gzip` has it (RFC 1952), made by zlib.
public enum Gzip {
    /// Compresses as far as zlib can, which takes some milliseconds for a file of 50 kB: for what is kept and sent often.
    ///
    /// - Throws: ``ArchiveError``.
    public static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        var stream = z_stream()
        // 16 asks for gzip's header around deflate, 15 for the largest window.
        var status = deflateInit2_(
            &stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + 15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw ArchiveError(detail: "zlib \(status)") }
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let written = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(target.count)
                status = deflate(&stream, Z_FINISH)
                return target.count - Int(stream.avail_out)
            }
        }
        guard status == Z_STREAM_END else { throw ArchiveError(detail: "zlib \(status)") }
        return Array(output.prefix(written))
    }
}
