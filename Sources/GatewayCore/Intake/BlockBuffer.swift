import Crypto
import NIOCore

/// Bytes that come in piece by piece, held in blocks of one size.
///
/// A `ByteBuffer` doubles when it is full and a slice of one keeps the whole, so what they hold is not what was put in:
/// blocks hold what was put in and at most one block more, however small the pieces were.
struct BlockBuffer: Sendable {
    static let blockBytes = 64 * 1024

    private(set) var blocks: [ByteBuffer] = []
    /// How many bytes there are.
    private(set) var count = 0

    /// What it holds in memory.
    var heldBytes: Int { blocks.count * Self.blockBytes }

    /// How much more it will hold in memory after so many bytes more.
    func growth(for more: Int) -> Int {
        (count + more + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes - heldBytes
    }

    /// Copies bytes in; the cost is in proportion to them, if nobody else has a copy of this buffer.
    mutating func append(_ bytes: ByteBuffer) {
        var bytes = bytes
        while bytes.readableBytes > 0 {
            if count == heldBytes { blocks.append(ByteBufferAllocator().buffer(capacity: Self.blockBytes)) }
            let length = min(bytes.readableBytes, heldBytes - count)
            // Present: length is at most what is readable.
            guard var piece = bytes.readSlice(length: length) else { return }
            blocks[blocks.count - 1].writeBuffer(&piece)
            count += length
        }
    }

    /// The first bytes, at most a block of them.
    func prefix(_ length: Int) -> [UInt8] { blocks.first.map { Array($0.readableBytesView.prefix(length)) } ?? [] }

    /// SHA-256 of everything.
    var sha256: [UInt8] {
        var hash = SHA256()
        for block in blocks { block.withUnsafeReadableBytes { hash.update(bufferPointer: $0) } }
        return Array(hash.finalize())
    }

    /// Everything in one piece.
    var bytes: [UInt8] {
        var all: [UInt8] = []
        all.reserveCapacity(count)
        for block in blocks { all += block.readableBytesView }
        return all
    }
}
