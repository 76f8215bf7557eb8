public import Logging
public import ServiceLifecycle
import Synchronization

/// A bounded number of connections that tasks borrow in the order in which they came.
///
/// Connections are opened when they are needed. One that broke is closed and never lent again; the next borrower opens
/// another, so the pool works again as soon as the server does.
public final class ConnectionPool: PostgresSession, Service, Sendable {
    /// What the pool was made with.
    public let configuration: PostgresConfiguration
    let logger: Logger
    private let state: Mutex<PoolState>

    /// A pool that has not opened any connection yet.
    public init(_ configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        state = Mutex(PoolState(size: max(configuration.size, 1)))
    }

    /// Runs a statement on any connection.
    public func query(_ statement: Statement) async throws -> [Row] {
        try await withConnection { try await $0.query(statement) }
    }

    /// Runs a statement on any connection.
    @discardableResult
    public func execute(_ statement: Statement) async throws -> Int {
        try await withConnection { try await $0.execute(statement) }
    }

    /// Lends a connection to `body`, which must not keep it.
    /// - Throws: what `body` throws; `PostgresError` with the code `.poolTimeout` when no connection became free in time,
    ///   `.connectionFailed` when none could be opened, `.cancelled` when the task was cancelled while it waited.
    @discardableResult
    public func withConnection<R: Sendable>(
        _ body: @Sendable (Connection) async throws -> R
    ) async throws -> R {
        let connection = try await borrow()
        // Not `defer`, which cannot wait: a connection that is to be closed is closed before the next one opens.
        do {
            let value = try await body(connection)
            await giveBack(connection)
            return value
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Lends a connection inside a transaction, as `Connection.withTransaction` describes it.
    @discardableResult
    public func withTransaction<R: Sendable>(
        _ body: @Sendable (Connection) async throws -> R
    ) async throws -> R {
        try await withConnection { try await $0.withTransaction(body) }
    }

    /// How many connections there are and how many tasks wait for one, at this moment.
    public var statistics: Statistics {
        state.withLock { Statistics(open: $0.open, idle: $0.idle.count, waiting: $0.waiters.count) }
    }

    /// Figures of a pool.
    public struct Statistics: Sendable, Hashable {
        /// Connections that are open or about to be: never more than the pool's size.
        public let open: Int
        /// Those of them that nobody has borrowed.
        public let idle: Int
        /// Tasks that wait.
        public let waiting: Int

        /// Figures of a pool.
        public init(open: Int, idle: Int, waiting: Int) {
            self.open = open
            self.idle = idle
            self.waiting = waiting
        }
    }

    /// Asks the server for an answer, for readiness.
    /// - Throws: `PostgresError`.
    public func ping() async throws {
        try await execute("SELECT 1")
    }
}

extension ConnectionPool {
    private func borrow() async throws -> Connection {
        while true {
            switch try await grant() {
            case .leaveToOpen:
                return try await open()
            case .connection(let connection, let mustBeChecked):
                if !mustBeChecked && connection.isQuiet { return connection }
                if await connection.isAlive() { return connection }
                await discard(connection)
            }
        }
    }

    private func open() async throws -> Connection {
        do {
            let connection = try await Connection.connect(configuration, logger: logger)
            // Otherwise the pool has been closed meanwhile.
            guard state.withLock({ $0.noteOpened(connection) }) else { throw PostgresError.poolClosed }
            return connection
        } catch {
            passLeave(afterLosing: nil)
            throw error
        }
    }

    private func giveBack(_ connection: Connection) async {
        switch connection.health {
        case .idle:
            let next = state.withLock { $0.giveBack(connection) }
            next.waiter?.continuation.resume(returning: .connection(connection, mustBeChecked: false))
            if next.mustClose { await connection.close() }
        case .inTransaction:
            logger.error("A connection came back inside a transaction and is closed")
            await discard(connection)
        case .broken:
            await discard(connection)
        }
    }

    private func discard(_ connection: Connection) async {
        await connection.close()
        passLeave(afterLosing: connection)
    }

    private func passLeave(afterLosing connection: Connection?) {
        state.withLock { $0.giveUp(connection) }?.continuation.resume(returning: .leaveToOpen)
    }

    /// What is free, or else what becomes free while the task waits in the queue.
    private func grant() async throws -> PoolState.Grant {
        if let grant = try state.withLock({ try $0.take() }) { return grant }
        let id = state.withLock { $0.nextWaiterID() }
        let timer = Task { [configuration] in
            try await Task.sleep(for: configuration.acquireTimeout)
            dismiss(id, PostgresError(.poolTimeout, "No database connection became free in time"))
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { enqueue(PoolState.Waiter(id: id, continuation: $0)) }
        } onCancel: {
            dismiss(id, .cancelled)
        }
    }

    /// Puts a waiter into the queue, unless something has become free, or nothing will, or its task is cancelled. The task
    /// is marked as cancelled before its handler runs: either this sees the mark or the handler finds the waiter.
    private func enqueue(_ waiter: PoolState.Waiter) {
        let immediate = state.withLock { state -> Result<PoolState.Grant, any Error>? in
            if Task.isCancelled { return .failure(PostgresError.cancelled) }
            do {
                if let grant = try state.take() { return .success(grant) }
            } catch {
                return .failure(error)
            }
            state.append(waiter)
            return nil
        }
        if let immediate { waiter.continuation.resume(with: immediate) }
    }

    private func dismiss(_ id: Int, _ error: PostgresError) {
        state.withLock { $0.removeWaiter(id) }?.continuation.resume(throwing: error)
    }
}

extension ConnectionPool {
    /// Lives until graceful shutdown, then closes.
    public func run() async throws {
        // Cancellation ends the waiting as well, and the connections are to be closed all the same.
        try? await gracefulShutdown()
        await close()
    }

    /// Closes the pool: tasks that wait fail, connections that are lent are waited for until `drainTimeout` and then broken.
    public func close() async {
        let remainder = state.withLock { $0.close() }
        for waiter in remainder.waiters { waiter.continuation.resume(throwing: PostgresError.poolClosed) }
        for connection in remainder.idle { await connection.close() }
        let deadline = ContinuousClock.now + configuration.drainTimeout
        while !state.withLock({ $0.isDrained }) && ContinuousClock.now < deadline && !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(20))
        }
        let overdue = state.withLock { $0.lentConnections }
        guard !overdue.isEmpty else { return }
        logger.warning(
            "Database connections are broken that were still lent",
            metadata: ["postgres.connections": "\(overdue.count)"])
        for connection in overdue { connection.abort() }
    }
}
