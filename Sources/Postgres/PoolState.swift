/// Who holds the pool's connections and who waits for one; changed only under the pool's lock, without input or output.
struct PoolState {
    /// What a task gets that asked for a connection.
    enum Grant {
        /// A connection; `mustBeChecked` when it may have died since it was last used.
        case connection(Connection, mustBeChecked: Bool)
        /// Leave to open one.
        case leaveToOpen
    }

    struct Idle {
        let connection: Connection
        let since: ContinuousClock.Instant
        let epoch: Int
    }

    struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Grant, any Error>
    }

    /// An idle connection is used without a check for this long: then the server, or something between, may have closed it.
    private static let trustedIdleTime = Duration.seconds(5)

    private let size: Int
    /// Open connections and leaves to open one: never more than `size`.
    private(set) var open = 0
    /// The last one used comes first: the others may stay idle.
    private(set) var idle: [Idle] = []
    private var lent: [ObjectIdentifier: Connection] = [:]
    /// First come, first served.
    private(set) var waiters: [Waiter] = []
    private var nextWaiter = 0
    /// Raised when a connection broke: then all that were idle at that time are suspect.
    private var epoch = 0
    private(set) var isClosed = false

    init(size: Int) {
        self.size = size
    }

    var isDrained: Bool { open == 0 }

    var lentConnections: [Connection] { Array(lent.values) }

    /// Takes what is free; `nil` when the caller must wait.
    mutating func take() throws -> Grant? {
        guard !isClosed else { throw PostgresError.poolClosed }
        if let next = idle.popLast() {
            lent[ObjectIdentifier(next.connection)] = next.connection
            let isOld = ContinuousClock.now - next.since > Self.trustedIdleTime
            return .connection(next.connection, mustBeChecked: isOld || next.epoch != epoch)
        }
        guard open < size else { return nil }
        open += 1
        return .leaveToOpen
    }

    mutating func nextWaiterID() -> Int {
        nextWaiter += 1
        return nextWaiter
    }

    mutating func append(_ waiter: Waiter) {
        waiters.append(waiter)
    }

    mutating func removeWaiter(_ id: Int) -> Waiter? {
        waiters.firstIndex { $0.id == id }.map { waiters.remove(at: $0) }
    }

    /// - Returns: whether the connection may be lent.
    mutating func noteOpened(_ connection: Connection) -> Bool {
        if !isClosed { lent[ObjectIdentifier(connection)] = connection }
        return !isClosed
    }

    /// Takes a sound connection back; returns who gets it next, or the connection itself when it must be closed.
    mutating func giveBack(_ connection: Connection) -> (waiter: Waiter?, mustClose: Bool) {
        if isClosed {
            lent[ObjectIdentifier(connection)] = nil
            open -= 1
            return (nil, true)
        }
        if !waiters.isEmpty { return (waiters.removeFirst(), false) }
        lent[ObjectIdentifier(connection)] = nil
        idle.append(Idle(connection: connection, since: .now, epoch: epoch))
        return (nil, false)
    }

    /// Forgets a connection that broke, or a leave that led to none; returns who may open one instead.
    mutating func giveUp(_ connection: Connection?) -> Waiter? {
        if let connection {
            lent[ObjectIdentifier(connection)] = nil
            epoch += 1
        }
        guard !waiters.isEmpty else {
            open -= 1
            return nil
        }
        return waiters.removeFirst()
    }

    /// Lets nobody in any more; returns what is to be told and to be closed.
    mutating func close() -> (waiters: [Waiter], idle: [Connection]) {
        isClosed = true
        defer {
            waiters = []
            open -= idle.count
            idle = []
        }
        return (waiters, idle.map(\.connection))
    }
}

extension PostgresError {
    static let poolClosed = PostgresError(.poolClosed, "The database connections have been closed")
}
