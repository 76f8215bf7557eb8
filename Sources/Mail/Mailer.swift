// Mail: sends plain messages through the operator's SMTP server. libcurl does the protocol and its TLS: no Swift package
// that resolves here speaks SMTP.

import Blocking
import CCurl
public import Foundation

/// How to reach the SMTP server.
public struct MailConfiguration: Sendable {
    /// Whether a connection without TLS is given up.
    public enum Security: String, CaseIterable, Sendable {
        /// `smtps://`, or STARTTLS, or no message.
        case required
        /// For a relay on the same machine.
        case never
    }

    /// `smtps://mail.example.org:465` or `smtp://mail.example.org:587`.
    public var url: String
    /// Who logs in; nil for a server that asks nobody.
    public var user: String?
    /// Their password.
    public var password: String?
    /// The sender's address.
    public var from: String
    /// Whether TLS has to be there.
    public var security: Security
    /// A PEM file of the authorities whose certificates are trusted; nil for the system's.
    public var authorities: URL?

    /// A configuration.
    public init(
        url: String, user: String? = nil, password: String? = nil, from: String, security: Security = .required,
        authorities: URL? = nil
    ) {
        self.url = url
        self.user = user
        self.password = password
        self.from = from
        self.security = security
        self.authorities = authorities
    }
}

/// Sends messages one after the other, on a thread of its own: libcurl waits for the server.
public actor Mailer {
    private nonisolated let executor: BlockingExecutor
    /// The mailer's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let configuration: MailConfiguration

    /// libcurl's own set-up, once in a process (curl_global_init is not safe beside itself).
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Makes a mailer; nothing is connected yet.
    public init(_ configuration: MailConfiguration) {
        executor = BlockingExecutor(label: "mail")
        self.configuration = configuration
    }

    /// Hands a message to the server.
    /// - Throws: ``MailError`` when the server cannot be reached, is not to be trusted, or does not take it.
    public func send(_ message: MailMessage) throws {
        guard Self.isReady, let handle = curl_easy_init() else { throw MailError(detail: "libcurl could not start") }
        defer { curl_easy_cleanup(handle) }
        let recipients = curl_slist_append(nil, message.to)
        defer { curl_slist_free_all(recipients) }
        guard recipients != nil else { throw MailError(detail: "no memory for the recipient") }
        let source = Source(bytes: message.bytes(from: configuration.from))
        // libcurl writes to it while curl_easy_perform runs; freed after the handle, which keeps its address.
        let reason = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { reason.deallocate() }
        try check(mien_curl_set_error_buffer(handle, reason), reason)
        try configure(handle, recipients, reason)
        // It outlives the call, during which alone it is read.
        defer { withExtendedLifetime(source) {} }
        let context = Unmanaged.passUnretained(source).toOpaque()
        try check(
            mien_curl_set_source(
                handle,
                { buffer, size, count, context in
                    guard let buffer, let context else { return 0 }
                    let source = Unmanaged<Source>.fromOpaque(context).takeUnretainedValue()
                    return source.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
                }, context), reason)
        try check(curl_easy_perform(handle), reason)
    }

    private func configure(
        _ handle: UnsafeMutableRawPointer, _ recipients: UnsafeMutablePointer<curl_slist>?,
        _ reason: UnsafePointer<CChar>
    ) throws {
        let security = configuration.security == .required ? CURLUSESSL_ALL : CURLUSESSL_NONE
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_UPLOAD, 1), (CURLOPT_NOSIGNAL, 1), (CURLOPT_CONNECTTIMEOUT, 10), (CURLOPT_TIMEOUT, 30),
            (CURLOPT_USE_SSL, Int(security.rawValue)),
        ]
        for (option, value) in numbers { try check(mien_curl_set_long(handle, option, value), reason) }
        let texts: [(CURLoption, String?)] = [
            (CURLOPT_PROTOCOLS_STR, "smtp,smtps"), (CURLOPT_URL, configuration.url),
            (CURLOPT_MAIL_FROM, configuration.from), (CURLOPT_USERNAME, configuration.user),
            (CURLOPT_PASSWORD, configuration.password), (CURLOPT_CAINFO, configuration.authorities?.path),
        ]
        for case let (option, text?) in texts { try check(mien_curl_set_string(handle, option, text), reason) }
        try check(mien_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients), reason)
    }

    private func check(_ code: CURLcode, _ reason: UnsafePointer<CChar>) throws {
        guard code != CURLE_OK else { return }
        let text = String(cString: reason)
        throw MailError(detail: text.isEmpty ? String(cString: curl_easy_strerror(code)) : text)
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

/// Why a message was not sent.
public struct MailError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    let detail: String

    /// Safe to show.
    public var description: String { "The message could not be sent." }
    /// Everything that is known, for logs; no password is in it.
    public var debugDescription: String { "MailError: \(detail)" }
}
