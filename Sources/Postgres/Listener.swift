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
        if try await !Self.hears(connection, from: configuration, logger: logger) {
            logger.warning(
                """
                Notifications of the database do not arrive, so pages and jobs wait for the next look instead. \
                Does a pooler in transaction mode stand before it? Sessions have to be pooled, or nothing.
                """)
        }
        emit(.reconnected)
        return connection
    }

    /// Whether what others notify of reaches a listener, as it does not behind a pooler that lends a connection for one
    /// transaction: LISTEN is then the pooler's.
    /// - Throws: `PostgresError` when the database cannot be reached.
    public static func hears(_ configuration: PostgresConfiguration, logger: Logger) async throws -> Bool {
        let connection = try await Connection.connect(configuration, logger: logger)
        let hears = try await hears(connection, from: configuration, logger: logger)
        await connection.close()
        return hears
    }

    /// What the connection itself notifies of proves nothing: a pooler hands it back with the answer.
    static func hears(
        _ connection: Connection, from other: PostgresConfiguration, within limit: Duration = .seconds(2),
        logger: Logger
    ) async throws -> Bool {
        let channel = "echo_\(UInt64.random(in: 0...UInt64.max))"
        try await connection.execute("LISTEN \(unescaped: channel)")
        let sender = try await Connection.connect(other, logger: logger)
        try await sender.execute("SELECT pg_notify(\(channel), '')")
        await sender.close()
        let end = ContinuousClock.now + limit
        var hears = false
        while !hears, ContinuousClock.now < end {
            // Whatever else comes meanwhile is looked for after `.reconnected`.
            hears = try await connection.notifications(until: end).contains { $0.channel == channel }
        }
        try await connection.execute("UNLISTEN \(unescaped: channel)")
        return hears
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
