import Blocking
import Glibc
import Synchronization

/// A request to a server that the operator named.
public struct HTTPCall: Sendable {
    /// Where to.
    public var url: String
    /// Each as `Name: value`.
    public var headers: [String]
    /// What a POST sends; nil for a GET.
    public var body: [UInt8]?
    /// Whether `http` is allowed besides `https`.
    public var allowsClearText: Bool
    /// A PEM file of the authorities whose certificates are trusted; nil for the system's.
    public var authorities: String?
    /// For the whole of it, waiting for its turn and connecting included.
    public var seconds: Int
    /// Bytes of an answer's body; a longer one is cut off.
    public var limit: Int

    /// A request.
    public init(
        url: String, headers: [String] = [], body: [UInt8]? = nil, allowsClearText: Bool = false,
        authorities: String? = nil, seconds: Int = 10, limit: Int = 256 * 1024
    ) {
        self.url = url
        self.headers = headers
        self.body = body
        self.allowsClearText = allowsClearText
        self.authorities = authorities
        self.seconds = seconds
        self.limit = limit
    }
}

/// Calls servers, a few at a time, each on a thread of its own. As with ``HTTPPoster``, no redirect is followed, no proxy of the
/// environment asked, no cookie kept and no connection used twice. Wherever the address leads is called: it is the operator's word.
public final class HTTPCaller: Sendable {
    /// Too many requests run or wait: a server that hangs is not to collect people before it without end.
    public struct Busy: Error {}

    private let lanes: [Lane]
    private let waiting: Mutex<[Int]>
    private let capacity: Int

    /// Makes a caller.
    /// - Parameters:
    ///   - lanes: how many requests run at once.
    ///   - capacity: how many may run or wait.
    public init(lanes: Int = 4, capacity: Int = 64) {
        self.lanes = (0..<max(1, lanes)).map { _ in Lane() }
        waiting = Mutex(Array(repeating: 0, count: max(1, lanes)))
        self.capacity = capacity
    }

    /// Sends a request.
    /// - Throws: ``TransferError`` when no answer came; ``Busy``; `CancellationError` when the task was cancelled before it did.
    public func call(_ call: HTTPCall) async throws -> HTTPAnswer {
        // Behind a server that hangs, the last in the queue would wait many times as long otherwise.
        let end = ContinuousClock.now + .seconds(call.seconds)
        let index: Int? = waiting.withLock { waiting in
            guard waiting.reduce(0, +) < capacity else { return nil }
            let index = waiting.indices.min { waiting[$0] < waiting[$1] } ?? 0
            waiting[index] += 1
            return index
        }
        guard let index else { throw Busy() }
        defer { waiting.withLock { $0[index] -= 1 } }
        let watch = HTTPWatch(keeping: call.limit, readingAtMost: call.limit) { _ in true }
        return try await withTaskCancellationHandler {
            try await lanes[index].perform(call, watch, until: end)
        } onCancel: {
            watch.stop.set()
        }
    }

    private actor Lane {
        private nonisolated let executor = BlockingExecutor(label: "caller")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        func perform(
            _ call: HTTPCall, _ watch: HTTPWatch, until end: ContinuousClock.Instant
        ) throws -> HTTPAnswer {
            try Task.checkCancellation()
            let left = Int((end - .now) / .milliseconds(1))
            guard left > 0 else { throw TransferError(kind: .tooSlow, detail: "its turn did not come in time") }
            let transfer = try Transfer.request(
                to: call.url, allowsClearText: call.allowsClearText, authorities: call.authorities,
                seconds: call.seconds, headers: call.headers)
            try transfer.set(.milliseconds, left)
            try transfer.set(.connectSeconds, min(5, call.seconds))
            if let body = call.body { try transfer.setBody(body) }
            return try watch.perform(transfer)
        }
    }
}
