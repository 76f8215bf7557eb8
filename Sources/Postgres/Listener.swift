public import Logging
public import ServiceLifecycle

/// Receives what the database notifies of, on a connection of its own that is made again whenever it breaks.
public final class Listener: Service, Sendable {
    /// Something that a channel told, or the news that something may have been missed.
    public struct Notification: Sendable, Hashable {
        /// What kind of news it is.
        public enum Kind: Sendable {
            /// `NOTIFY channel, 'payload'` in the database.
            case notification
            /// The listener is connected (for the first time or again) or its reader was too slow: notifications may have
            /// been missed before this one, so look for yourself.
            case reconnected
        }

        /// What kind of news it is.
        public let kind: Kind
        /// The channel, empty for `.reconnected`.
        public let channel: String
        /// What the notification carries: 8,000 bytes at most.
        public let payload: String

        static let reconnected = Notification(kind: .reconnected, channel: "", payload: "")
    }

    /// What is received while `run()` runs; for one reader.
    public let notifications: AsyncStream<Notification>

    private let continuation: AsyncStream<Notification>.Continuation
    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger

    /// A listener that connects once it runs.
    /// - Parameter channels: their names, exactly as NOTIFY spells them.
    public init(_ configuration: PostgresConfiguration, channels: [String], logger: Logger) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
        (notifications, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4096))
    }

    /// Listens until graceful shutdown; then the stream ends.
    public func run() async throws {
        defer { continuation.finish() }
        await cancelWhenGracefulShutdown { await self.listenUntilCancelled() }
    }

    private func listenUntilCancelled() async {
        var delay = Self.firstDelay
        while !Task.isCancelled {
            do {
                let connection = try await connect()
                delay = Self.firstDelay
                try await receive(from: connection)
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning(
                    "Notifications of the database are interrupted",
                    metadata: ["error": "\(error)", "postgres.retry_after": "\(delay)"])
            }
            // Throws only when cancelled, and then the loop ends.
            try? await Task.sleep(for: delay)
            delay = min(delay * 2, Self.greatestDelay)
        }
    }

    private static let firstDelay = Duration.milliseconds(100)
    private static let greatestDelay = Duration.seconds(10)

    private func connect() async throws -> Connection {
        let connection = try await Connection.connect(configuration, logger: logger)
        for channel in channels {
            let identifier = channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            try await connection.execute("LISTEN \"\(unescaped: identifier)\"")
        }
        emit(.reconnected)
        return connection
    }

    private func receive(from connection: Connection) async throws {
        while true {
            for (channel, payload) in try await connection.notifications() {
                emit(Notification(kind: .notification, channel: channel, payload: payload))
            }
        }
    }

    /// What a full buffer drops must not be missed in silence.
    func emit(_ notification: Notification) {
        if case .dropped = continuation.yield(notification) { continuation.yield(.reconnected) }
    }
}
