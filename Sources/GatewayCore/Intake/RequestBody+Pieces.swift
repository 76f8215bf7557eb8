import Hummingbird
import NIOCore

extension RequestBody {
    /// Lends the body piece by piece.
    ///
    /// - Throws: `UploadError.incomplete` when the client went away or what it sends is damaged: that is no fault of
    ///   ours. What `take` throws.
    func forEachPiece(_ take: (ByteBuffer) throws -> Void) async throws {
        var pieces = makeAsyncIterator()
        while true {
            let piece: ByteBuffer?
            do {
                piece = try await pieces.next()
            } catch let error as CancellationError {
                throw error
            } catch {
                throw UploadError.incomplete
            }
            guard let piece else { return }
            try take(piece)
        }
    }
}
