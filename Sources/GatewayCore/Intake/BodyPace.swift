import Hummingbird
import NIOCore
import Synchronization

/// How long the body of a request may take: a deadline for all of it, and a minimum rate where it may be large. Who sends more slowly
/// holds memory, and one of the connections, that others need; the server's idle time-out begins again with each piece.
struct BodyPace: Sendable {
    var deadline: Duration
    /// A slower client than this, over `rateWindow`, is cut off.
    var minBytesPerSecond = 4 * 1024
    var rateWindow = Duration.seconds(10)

    /// Of bodies that are small: the deadline alone. The rate would give up whoever needs more than ten seconds for a few bytes, and
    /// leave nothing to the deadline.
    static let small = BodyPace(deadline: .seconds(30), minBytesPerSecond: 0)

    /// Runs something that reads a request and tells how far it is.
    /// - Throws: `UploadError.tooSlow`, and what it throws.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable (_ progress: @escaping @Sendable (_ bytes: Int) -> Void) async throws -> Value
    ) async throws -> Value {
        let progress = Progress()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await work { progress.bytes.store($0, ordering: .relaxed) } }
            group.addTask {
                try await watch(progress)
                return nil
            }
            guard let value = try await group.next() ?? nil else { throw UploadError.tooSlow }
            return value
        }
    }

    /// Returns when the client was too slow or the deadline has passed.
    private func watch(_ progress: Progress) async throws {
        let clock = ContinuousClock()
        let end = clock.now + deadline
        let least = Double(minBytesPerSecond) * (rateWindow / .seconds(1))
        var last = 0
        while clock.now < end {
            try await Task.sleep(for: min(rateWindow, end - clock.now))
            let now = progress.bytes.load(ordering: .relaxed)
            if Double(now - last) < least { return }
            last = now
        }
    }

    private final class Progress: Sendable {
        let bytes = Atomic(0)
    }
}

extension Request {
    /// The whole of a small body.
    ///
    /// - Parameter pace: how long it may take.
    /// - Throws: a `RequestFailure` when it is too large or too slow, and `incomplete` when it breaks off.
    func smallBody(within pace: BodyPace, incomplete: RequestFailure) async throws -> ByteBuffer {
        do {
            return try await pace.run { progress in
                var whole = ByteBuffer()
                try await body.forEachPiece { piece in
                    guard whole.readableBytes + piece.readableBytes <= 64 * 1024 else { throw RequestFailure.tooLarge }
                    whole.writeImmutableBuffer(piece)
                    progress(whole.readableBytes)
                }
                return whole
            }
        } catch UploadError.tooSlow {
            throw RequestFailure.bodyTooSlow
        } catch UploadError.incomplete {
            throw incomplete
        }
    }
}
