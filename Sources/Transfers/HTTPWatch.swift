import CCurl
import Glibc

/// What libcurl's callbacks of one HTTP request work on: it keeps the beginning of the answer, ends what is too long, and
/// opens only the connections that are allowed.
///
/// `@unchecked Sendable` is true because all but `stop` and `mayConnect` is touched by the thread of the transfer alone.
final class HTTPWatch: @unchecked Sendable {
    let stop = TransferStop()
    private let mayConnect: @Sendable (SocketAddress) -> Bool
    private let kept: Int
    private let limit: Int
    private(set) var hasRefused = false
    private(set) var body: [UInt8] = []
    private var read = 0

    /// - Parameters:
    ///   - kept: how many bytes of the body are kept.
    ///   - limit: how many are read at most.
    init(keeping kept: Int, readingAtMost limit: Int, mayConnect: @escaping @Sendable (SocketAddress) -> Bool) {
        self.kept = kept
        self.limit = limit
        self.mayConnect = mayConnect
    }

    /// Whether more came than is read.
    var isFull: Bool { read > limit }

    /// Performs a transfer of which all is set but what happens to the answer.
    /// - Throws: ``TransferError`` when no answer came; `CancellationError` when that is why.
    func perform(_ transfer: Transfer) throws -> HTTPAnswer {
        // It outlives the transfer, whose callbacks alone use it.
        defer { withExtendedLifetime(self) {} }
        try attach(to: transfer)
        do {
            try transfer.perform()
        } catch let error {
            // The rest of a long body is not waited for: what it says stands in the status.
            if isFull, transfer.status > 0 {
                return HTTPAnswer(status: transfer.status, body: body, isCut: true)
            }
            if stop.isSet { throw CancellationError() }
            if let error = error as? TransferError, hasRefused, error.kind == .noConnection {
                throw TransferError(kind: .refusedAddress, detail: error.detail)
            }
            throw error
        }
        return HTTPAnswer(status: transfer.status, body: body, isCut: read > kept)
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        body += bytes.prefix(kept - body.count)
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

    private func attach(to transfer: Transfer) throws {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try transfer.set { handle in
            mien_curl_set_sink(
                handle,
                { bytes, size, count, context in
                    guard let bytes, let context else { return 0 }
                    let watch = Unmanaged<HTTPWatch>.fromOpaque(context).takeUnretainedValue()
                    return watch.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
                }, context)
        }
        try transfer.set { handle in
            mien_curl_set_opener(
                handle,
                { context, _, address in
                    guard let context, let address else { return mien_curl_bad_socket() }
                    return Unmanaged<HTTPWatch>.fromOpaque(context).takeUnretainedValue().open(address)
                }, context)
        }
        try transfer.obey(stop)
    }
}
