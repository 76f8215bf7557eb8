import Synchronization

/// The outbox's rows whose messages a relay has put on their way.
final class RowsUnderWay: Sendable {
    private struct State {
        var rows: Set<Int64> = []
        var sent: [Int64] = []
        var failed: [Int64] = []
        var outcome: (error: (any Error)?, isSent: Bool) = (nil, false)
        var isSettling = false
        var renewed: ContinuousClock.Instant = .now
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.rows.count } }

    /// Notes that a row's message is on its way.
    ///
    /// - Returns: false when it was already, because its lease ran out meanwhile.
    func begin(_ row: Int64) -> Bool {
        state.withLock { state in
            if state.rows.isEmpty { state.renewed = .now }
            return state.rows.insert(row).inserted
        }
    }

    func sent(_ row: Int64) {
        state.withLock { state in
            state.sent.append(row)
            state.outcome.isSent = true
        }
    }

    func failed(_ row: Int64, _ error: any Error) {
        state.withLock { state in
            state.failed.append(row)
            state.outcome.error = error
        }
    }

    /// Rows whose messages have ended one way or the other, and that are not forgotten yet.
    var ended: (sent: [Int64], failed: [Int64]) { state.withLock { ($0.sent, $0.failed) } }

    func forget(_ rows: [Int64]) {
        let rows = Set(rows)
        state.withLock { state in
            state.rows.subtract(rows)
            state.sent.removeAll(where: rows.contains)
            state.failed.removeAll(where: rows.contains)
        }
    }

    /// The last failure since this was asked, and whether a message was sent since.
    func takeOutcome() -> (error: (any Error)?, isSent: Bool) {
        state.withLock { state in
            defer { state.outcome = (nil, false) }
            return state.outcome
        }
    }

    /// Whether there is something to settle that nobody settles yet: one task at a time does, and asks again at its end.
    func beginSettling() -> Bool {
        state.withLock { state in
            guard !state.isSettling, !(state.sent.isEmpty && state.failed.isEmpty) else { return false }
            state.isSettling = true
            return true
        }
    }

    func endSettling() { state.withLock { $0.isSettling = false } }

    /// All rows, when their leases were not renewed for so long.
    func needingRenewal(after age: Duration) -> [Int64] {
        state.withLock { state in
            guard !state.rows.isEmpty, .now - state.renewed > age else { return [] }
            state.renewed = .now
            return Array(state.rows)
        }
    }

    /// Returns when none is under way, after `limit`, or on cancellation.
    func wait(atMost limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while count > state.withLock({ $0.sent.count + $0.failed.count }), .now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
