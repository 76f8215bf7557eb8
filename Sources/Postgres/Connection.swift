import Blocking
internal import CLibPQ
import Glibc
public import Logging
import Synchronization

/// One connection to the database, on a thread of its own.
///
/// Tasks that share a connection take turns statement by statement, so a transaction belongs to one task. When the task
/// that waits for a statement is cancelled, the server is asked to end the statement, and the connection stays usable.
public actor Connection: PostgresSession {
    /// What may be done with the connection next.
    enum Health: UInt8, AtomicRepresentable {
        case idle, inTransaction, broken
    }

    private nonisolated let executor = BlockingExecutor(label: "mien.postgres")
    private nonisolated let wake: Wake
    private nonisolated let lastHealth = Atomic(Health.broken)
    private nonisolated let socket = Atomic<Int32>(-1)
    private let configuration: PostgresConfiguration
    private var wire: Wire?

    /// The connection's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init(_ configuration: PostgresConfiguration) throws {
        self.configuration = configuration
        wake = try Wake()
    }

    /// Opens a connection outside of any pool.
    /// - Throws: `PostgresError`, for example with the code `.connectionFailed`.
    public static func connect(_ configuration: PostgresConfiguration, logger: Logger) async throws -> Connection {
        let connection = try Connection(configuration)
        try await connection.open(logger)
        return connection
    }

    private func open(_ logger: Logger) async throws {
        let configuration = configuration
        wire = try await interruptible { [wake] interruption in
            try Wire.open(configuration, wake: wake, interruption: interruption, logger: logger)
        }
        // It changes only while a connection is made, and is closed with it.
        socket.store(wire.map { PQsocket($0.pointer) } ?? -1, ordering: .releasing)
        noteHealth()
    }

    /// Runs a statement and returns its rows.
    public func query(_ statement: Statement) async throws -> [Row] {
        try await run(statement).rows
    }

    /// Runs a statement and returns how many rows it changed (or selected).
    @discardableResult
    public func execute(_ statement: Statement) async throws -> Int {
        try await run(statement).affectedRows
    }

    /// Closes the connection.
    public func close() {
        wire = nil
        noteHealth()
    }

    /// Breaks the connection from any thread, even while a statement runs: it fails at once.
    nonisolated func abort() {
        wake.abort()
    }

    nonisolated var health: Health { lastHealth.load(ordering: .acquiring) }

    /// Whether nothing has come from the server; what comes unasked is mostly the end. Does not block, so any thread may
    /// call it while nobody uses the connection.
    nonisolated var isQuiet: Bool {
        var descriptor = pollfd(fd: socket.load(ordering: .acquiring), events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 0
    }
}

extension Connection {
    /// - Parameter isShielded: the statement runs even when the task is cancelled: for COMMIT and ROLLBACK.
    @discardableResult
    func run(_ statement: Statement, isShielded: Bool = false) async throws -> QueryResult {
        try await onWire(isShielded: isShielded) { wire, deadline, interruption in
            do {
                let result = try wire.run(statement, until: deadline, interruption: interruption)
                try Self.check(result)
                return result
            } catch let error as PostgresError {
                throw error.during(statement.sql)
            }
        }
    }

    /// Runs a text of several statements without parameters.
    func runScript(_ sql: String) async throws {
        try await onWire(isShielded: false) { wire, deadline, interruption in
            do {
                for result in try wire.runScript(sql, until: deadline, interruption: interruption) {
                    try Self.check(result)
                }
            } catch let error as PostgresError {
                throw error.during(sql)
            }
        }
    }

    /// Whether the server still answers.
    func isAlive() async -> Bool {
        do {
            try await onWire(isShielded: true) { [configuration] wire, _, interruption in
                let deadline = ContinuousClock.now + configuration.connectTimeout
                _ = try wire.runScript("", until: deadline, interruption: interruption)
            }
            return health == .idle
        } catch {
            return false
        }
    }

    /// Waits for notifications on the channels that this connection listens to; returns none when the deadline has passed.
    func notifications(
        until deadline: ContinuousClock.Instant? = nil
    ) async throws -> [(channel: String, payload: String)] {
        try await onWire(isShielded: false) { wire, _, interruption in
            try wire.notifications(until: deadline, interruption: interruption)
        }
    }

    private func onWire<R>(
        isShielded: Bool, _ body: (Wire, ContinuousClock.Instant?, Interruption) throws -> R
    ) async throws -> R {
        guard let wire else { throw PostgresError(.connectionLost, "The database connection is closed") }
        defer { noteHealth() }
        // The server ends a statement that runs too long; a server that does not even do that is given up.
        let limit = configuration.statementTimeout
        let deadline = limit > .zero ? ContinuousClock.now + limit + .seconds(5) : nil
        if isShielded { return try blocking({ try body(wire, deadline, $0) }, Interruption(waking: wake)) }
        return try await interruptible { try body(wire, deadline, $0) }
    }

    private func interruptible<R>(_ body: (Interruption) throws -> R) async throws -> R {
        let interruption = Interruption(waking: wake)
        return try await withTaskCancellationHandler {
            try blocking(body, interruption)
        } onCancel: {
            interruption.request()
        }
    }

    /// Keeps `body` on this connection's thread: a closure that does not use the actor would leave it, and block one of the
    /// threads that all tasks share.
    private func blocking<R>(_ body: (Interruption) throws -> R, _ interruption: Interruption) throws -> R {
        executor.checkIsolated()
        return try body(interruption)
    }

    private func noteHealth() {
        let health: Health =
            if let wire, !wire.isBroken { wire.isInTransaction ? .inTransaction : .idle } else { .broken }
        lastHealth.store(health, ordering: .releasing)
    }

    private static func check(_ result: QueryResult) throws {
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        default: throw PostgresError(server: result)
        }
    }
}
