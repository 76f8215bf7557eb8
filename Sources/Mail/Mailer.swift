// Mail: sends plain messages through the operator's SMTP server. libcurl does the protocol and its TLS.

import Blocking
public import Foundation
import Transfers

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

    /// Makes a mailer; nothing is connected yet.
    public init(_ configuration: MailConfiguration) {
        executor = BlockingExecutor(label: "mail")
        self.configuration = configuration
    }

    /// Hands a message to the server.
    /// - Throws: ``MailError`` when the server cannot be reached, is not to be trusted, or does not take it; `CancellationError` when
    ///   the task was cancelled before it did.
    public func send(_ message: MailMessage) async throws {
        let stop = TransferStop()
        try await withTaskCancellationHandler {
            try perform(message, until: stop)
        } onCancel: {
            stop.set()
        }
    }

    private func perform(_ message: MailMessage, until stop: TransferStop) throws {
        do {
            try Task.checkCancellation()
            let transfer = try Transfer()
            try configure(transfer)
            try transfer.set(.recipients, [message.to])
            try transfer.perform(sending: message.bytes(from: configuration.from), until: stop)
        } catch let error as TransferError {
            if stop.isSet { throw CancellationError() }
            throw MailError(detail: error.detail)
        }
    }

    private func configure(_ transfer: Transfer) throws {
        try transfer.set(.protocols, "smtp,smtps")
        try transfer.set(.url, configuration.url)
        try transfer.set(.uploads, 1)
        try transfer.set(.connectSeconds, 10)
        try transfer.set(.seconds, 30)
        try transfer.requireTLS(configuration.security == .required)
        try transfer.set(.mailFrom, configuration.from)
        if let user = configuration.user { try transfer.set(.user, user) }
        if let password = configuration.password { try transfer.set(.password, password) }
        if let authorities = configuration.authorities { try transfer.set(.authorities, authorities.path) }
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
