import Blocking
import CCurl
import Glibc
import Synchronization

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
    /// How its body begins, at most ``HTTPPoster/kept`` bytes.
    public let body: [UInt8]
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
        let watch = Watch(mayConnect: post.mayConnect)
        return try await withTaskCancellationHandler {
            try perform(post, watch)
        } onCancel: {
            watch.isCancelled.store(true, ordering: .relaxed)
        }
    }

    private func perform(_ post: HTTPPost, _ watch: Watch) throws -> HTTPAnswer {
        let transfer = try Transfer()
        try transfer.set(.protocols, post.allowsClearText ? "https,http" : "https")
        try transfer.set(.url, post.url)
        try transfer.set(.proxy, "")
        if let authorities = post.authorities { try transfer.set(.authorities, authorities) }
        try transfer.set(.followsRedirects, 0)
        try transfer.set(.seconds, post.seconds)
        // Without `Expect`, for which some receivers never answer.
        try transfer.set(.headers, post.headers + ["Expect:", "Accept: */*"])
        try transfer.setBody(post.body)
        // It outlives the transfer, whose callbacks alone use it.
        defer { withExtendedLifetime(watch) {} }
        try watch.attach(to: transfer)
        do {
            try transfer.perform()
        } catch let error {
            // The rest of a long body is not waited for: what it says stands in the status.
            if watch.isFull, transfer.status > 0 { return HTTPAnswer(status: transfer.status, body: watch.body) }
            if watch.isCancelled.load(ordering: .relaxed) { throw CancellationError() }
            if let error = error as? TransferError, watch.hasRefused, error.kind == .noConnection {
                throw TransferError(kind: .refusedAddress, detail: error.detail)
            }
            throw error
        }
        return HTTPAnswer(status: transfer.status, body: watch.body)
    }

    /// What libcurl's callbacks work on.
    ///
    /// `@unchecked Sendable` is true because all but `isCancelled` and `mayConnect` is touched by the poster's thread alone.
    private final class Watch: @unchecked Sendable {
        let mayConnect: @Sendable (SocketAddress) -> Bool
        let isCancelled = Atomic(false)
        private(set) var hasRefused = false
        private(set) var body: [UInt8] = []
        private var read = 0

        init(mayConnect: @escaping @Sendable (SocketAddress) -> Bool) {
            self.mayConnect = mayConnect
        }

        var isFull: Bool { read > HTTPPoster.readAtMost }

        private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
            body += bytes.prefix(HTTPPoster.kept - body.count)
            read += bytes.count
            // Fewer than came end the transfer (CURLOPT_WRITEFUNCTION).
            return isFull ? 0 : bytes.count
        }

        private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
            // By its place: an address of IPv6 is longer than the field that it begins in.
            guard let place = MemoryLayout<curl_sockaddr>.offset(of: \.addr),
                mayConnect(SocketAddress(at: UnsafeRawPointer(address) + place))
            else {
                hasRefused = true
                return mien_curl_bad_socket()
            }
            return socket(
                address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
                address.pointee.protocol)
        }

        func attach(to transfer: Transfer) throws {
            let context = Unmanaged.passUnretained(self).toOpaque()
            try transfer.set { handle in
                mien_curl_set_sink(
                    handle,
                    { bytes, size, count, context in
                        guard let bytes, let context else { return 0 }
                        let watch = Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue()
                        return watch.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
                    }, context)
            }
            try transfer.set { handle in
                mien_curl_set_opener(
                    handle,
                    { context, _, address in
                        guard let context, let address else { return mien_curl_bad_socket() }
                        return Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().open(address)
                    }, context)
            }
            try transfer.set { handle in
                mien_curl_set_progress(
                    handle,
                    { context, _, _, _, _ in
                        guard let context else { return 1 }
                        let watch = Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue()
                        return watch.isCancelled.load(ordering: .relaxed) ? 1 : 0
                    }, context)
            }
        }
    }
}
