// Transfers: libcurl in Swift terms. It does the protocols and their TLS that no Swift package here does (SMTP), or not with
// a say about each connection (HTTP to addresses that strangers name).

import CCurl

/// One transfer. It blocks: only a thread that may wait makes and performs one.
public final class Transfer {
    private let handle: UnsafeMutableRawPointer
    // libcurl writes to it while curl_easy_perform runs; freed after the handle, which keeps its address.
    private let reason: UnsafeMutablePointer<CChar>
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    /// libcurl's own set-up, once in a process (curl_global_init is not safe beside itself).
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// A transfer with nothing set.
    public init() throws {
        guard Self.isReady, let handle = curl_easy_init() else {
            throw TransferError(kind: .failed, detail: "libcurl could not start")
        }
        self.handle = handle
        reason = .allocate(capacity: Int(CURL_ERROR_SIZE))
        reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        try check(mien_curl_set_error_buffer(handle, reason))
        // Signals belong to the process, not to a thread's transfer.
        try set(.withoutSignals, 1)
    }

    deinit {
        curl_easy_cleanup(handle)
        for list in lists { curl_slist_free_all(list) }
        reason.deallocate()
    }

    /// An option that takes such a value.
    public struct Option<Value>: Sendable {
        let code: CURLoption
    }

    /// Sets a text, which libcurl copies.
    public func set(_ option: Option<String>, _ value: String) throws {
        try check(mien_curl_set_string(handle, option.code, value))
    }

    /// Sets a number.
    public func set(_ option: Option<Int>, _ value: Int) throws {
        try check(mien_curl_set_long(handle, option.code, value))
    }

    /// Sets a list, which is kept as long as the transfer.
    public func set(_ option: Option<[String]>, _ values: [String]) throws {
        var list: UnsafeMutablePointer<curl_slist>?
        for value in values {
            guard let longer = curl_slist_append(list, value) else {
                curl_slist_free_all(list)
                throw TransferError(kind: .failed, detail: "no memory for a list")
            }
            list = longer
        }
        if let list { lists.append(list) }
        try check(mien_curl_set_list(handle, option.code, list))
    }

    /// Sets what a POST sends; libcurl copies it.
    public func setBody(_ bytes: [UInt8]) throws {
        try check(bytes.withUnsafeBytes { mien_curl_set_body(handle, $0.baseAddress, bytes.count) })
    }

    /// Sets C functions with a context, which has to live until `perform` is over.
    func set(_ apply: (UnsafeMutableRawPointer) -> CURLcode) throws {
        try check(apply(handle))
    }

    /// Does it.
    /// - Throws: ``TransferError``.
    public func perform() throws {
        try check(curl_easy_perform(handle))
    }

    /// The status of the answer; 0 when there was none.
    var status: Int {
        var status = 0
        return mien_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0
    }

    private func check(_ code: CURLcode) throws {
        guard code != CURLE_OK else { return }
        let text = String(cString: reason)
        throw TransferError(
            kind: .init(code), detail: text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
    }
}

extension Transfer.Option where Value == String {
    /// The address.
    public static var url: Self { Self(code: CURLOPT_URL) }
    /// The schemes that are allowed, between commas.
    public static var protocols: Self { Self(code: CURLOPT_PROTOCOLS_STR) }
    /// Who sends a message.
    public static var mailFrom: Self { Self(code: CURLOPT_MAIL_FROM) }
    /// Who logs in.
    public static var user: Self { Self(code: CURLOPT_USERNAME) }
    /// Their password.
    public static var password: Self { Self(code: CURLOPT_PASSWORD) }
    /// A PEM file of trusted authorities.
    public static var authorities: Self { Self(code: CURLOPT_CAINFO) }
    /// The proxy; an empty text for none, whatever the environment says.
    static var proxy: Self { Self(code: CURLOPT_PROXY) }
}

extension Transfer.Option where Value == Int {
    /// 1: something is sent.
    public static var uploads: Self { Self(code: CURLOPT_UPLOAD) }
    /// Seconds for connecting.
    public static var connectSeconds: Self { Self(code: CURLOPT_CONNECTTIMEOUT) }
    /// Seconds for all.
    public static var seconds: Self { Self(code: CURLOPT_TIMEOUT) }
    /// Milliseconds for all, in place of the seconds.
    static var milliseconds: Self { Self(code: CURLOPT_TIMEOUT_MS) }
    fileprivate static var withoutSignals: Self { Self(code: CURLOPT_NOSIGNAL) }
    /// 1: redirects are followed.
    static var followsRedirects: Self { Self(code: CURLOPT_FOLLOWLOCATION) }
}

extension Transfer.Option where Value == [String] {
    /// Who gets a message.
    public static var recipients: Self { Self(code: CURLOPT_MAIL_RCPT) }
    /// Headers of a request; `Name:` leaves one out that libcurl would send.
    static var headers: Self { Self(code: CURLOPT_HTTPHEADER) }
}

extension Transfer {
    /// For a request of HTTP: no redirect is followed and no proxy of the environment asked.
    ///
    /// - Parameters:
    ///   - authorities: a PEM file of the authorities whose certificates are trusted; nil for the system's.
    ///   - seconds: for the whole of it.
    static func request(
        to url: String, allowsClearText: Bool, authorities: String?, seconds: Int, headers: [String]
    ) throws -> Transfer {
        let transfer = try Transfer()
        try transfer.set(.protocols, allowsClearText ? "https,http" : "https")
        try transfer.set(.url, url)
        try transfer.set(.proxy, "")
        if let authorities { try transfer.set(.authorities, authorities) }
        try transfer.set(.followsRedirects, 0)
        try transfer.set(.seconds, seconds)
        // Without `Expect`, for which some receivers never answer.
        try transfer.set(.headers, headers + ["Expect:"])
        return transfer
    }

    /// Whether a connection without TLS is given up, for protocols that begin in clear.
    public func requireTLS(_ isRequired: Bool) throws {
        try set { mien_curl_require_tls($0, isRequired ? 1 : 0) }
    }

    /// Sends these bytes as an upload, and performs.
    ///
    /// - Parameter stop: ends it before.
    public func perform(sending bytes: [UInt8], until stop: TransferStop) throws {
        defer { withExtendedLifetime(stop) {} }
        try obey(stop)
        let source = Source(bytes: bytes)
        // It outlives the call, during which alone it is read.
        defer { withExtendedLifetime(source) {} }
        let context = Unmanaged.passUnretained(source).toOpaque()
        try set { handle in
            mien_curl_set_source(
                handle,
                { buffer, size, count, context in
                    guard let buffer, let context else { return 0 }
                    let source = Unmanaged<Source>.fromOpaque(context).takeUnretainedValue()
                    return source.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
                }, context)
        }
        try perform()
    }

    /// What is still to be sent. Only the thread that calls `curl_easy_perform` touches it.
    private final class Source {
        private let bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
            let count = min(buffer.count, bytes.count - position)
            buffer.copyBytes(from: bytes[position..<(position + count)])
            position += count
            return count
        }
    }
}

/// Why a transfer did not come about.
public struct TransferError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What people can be told.
    public enum Kind: Sendable {
        case unknownHost, refusedAddress, noConnection, tooSlow, untrusted, aborted, failed

        init(_ code: CURLcode) {
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST: self = .unknownHost
            case CURLE_COULDNT_CONNECT: self = .noConnection
            case CURLE_OPERATION_TIMEDOUT: self = .tooSlow
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE: self = .untrusted
            case CURLE_ABORTED_BY_CALLBACK: self = .aborted
            default: self = .failed
            }
        }
    }

    /// What it was.
    public let kind: Kind
    /// libcurl's own words.
    public let detail: String

    /// Safe to show.
    public var description: String {
        switch kind {
        case .unknownHost: "There is no host of that name."
        case .refusedAddress: "The name leads to an address that is not called."
        case .noConnection: "No connection came about."
        case .tooSlow: "There was no answer in time."
        case .untrusted: "No trusted TLS connection came about."
        case .aborted: "It was broken off here."
        case .failed: "What answered did not speak HTTP."
        }
    }
    /// Everything that is known, for logs; no password is in it.
    public var debugDescription: String { "TransferError(\(kind)): \(detail)" }
}
