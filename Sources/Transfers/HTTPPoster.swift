import Blocking

/// A POST to an address that somebody else named.
public struct HTTPPost: Sendable {
    /// Where to.
    public let url: String
    /// Each as `Name: value`.
    public let headers: [String]
    /// What is sent.
    public let body: [UInt8]
    /// Whether `http` is allowed besides `https`.
    public let allowsClearText: Bool
    /// A PEM file of the authorities whose certificates are trusted; nil for the system's.
    public let authorities: String?
    /// For the whole of it.
    public let seconds: Int
    /// Whether a connection to an address may be opened: asked with the very address that is then connected to.
    public let mayConnect: @Sendable (SocketAddress) -> Bool

    /// A request.
    public init(
        url: String, headers: [String], body: [UInt8], allowsClearText: Bool, authorities: String? = nil,
        seconds: Int,
        mayConnect: @escaping @Sendable (SocketAddress) -> Bool
    ) {
        self.url = url
        self.headers = headers
        self.body = body
        self.allowsClearText = allowsClearText
        self.authorities = authorities
        self.seconds = seconds
        self.mayConnect = mayConnect
    }
}

/// What came back.
public struct HTTPAnswer: Sendable {
    /// Its status.
    public let status: Int
    /// How its body begins: at most ``HTTPPoster/kept`` bytes of an answer to a post, or a call's own limit.
    public let body: [UInt8]
    /// Whether the body is longer.
    public let isCut: Bool
}

/// Posts one after the other, on a thread of its own. No redirect is followed, no proxy of the environment asked, no cookie kept
/// and no connection used twice: nothing of one request is left for the next.
public actor HTTPPoster {
    private nonisolated let executor: BlockingExecutor
    /// The poster's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// How much of an answer's body is kept.
    public static let kept = 1_000
    /// How much of it is read at most.
    public static let readAtMost = 64 * 1024

    /// Makes a poster.
    public init() {
        executor = BlockingExecutor(label: "poster")
    }

    /// Sends a request.
    /// - Throws: ``TransferError`` when no answer came; `CancellationError` when the task was cancelled before it did.
    public func post(_ post: HTTPPost) async throws -> HTTPAnswer {
        let watch = HTTPWatch(keeping: Self.kept, readingAtMost: Self.readAtMost, mayConnect: post.mayConnect)
        return try await withTaskCancellationHandler {
            try perform(post, watch)
        } onCancel: {
            watch.stop.set()
        }
    }

    private func perform(_ post: HTTPPost, _ watch: HTTPWatch) throws -> HTTPAnswer {
        let transfer = try Transfer.request(
            to: post.url, allowsClearText: post.allowsClearText, authorities: post.authorities, seconds: post.seconds,
            headers: post.headers + ["Accept: */*"])
        try transfer.setBody(post.body)
        return try watch.perform(transfer)
    }
}
