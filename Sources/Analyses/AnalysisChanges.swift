package import Foundation
import ServiceLifecycle

/// Wakes the requests that wait for an analysis to change.
///
/// PostgreSQL's NOTIFY carries only an id: whoever is woken reads the row again, so a lost or repeated notification
/// costs a query and never shows something wrong.
package actor AnalysisChanges {
    private var waiters: [UUID: [UInt64: AsyncStream<Void>.Continuation]] = [:]
    private var nextWaiter: UInt64 = 0

    package init() {}

    /// Returns true when the analysis may have changed, false after `timeout`, on cancellation and when the gateway stops.
    package func change(of id: UUID, timeout: Duration) async -> Bool {
        let waiter = register(id)
        defer { leave(waiter) }
        return await waiter.isWoken(within: timeout)
    }

    /// Reads until `isDone` says so or `timeout` has passed, and returns what was read last.
    package func observe<Value: Sendable>(
        _ id: UUID, timeout: Duration, read: @Sendable () async throws -> Value, isDone: @Sendable (Value) -> Bool
    ) async throws -> Value {
        let deadline = ContinuousClock.now + timeout
        while true {
            // In place before the row is read, without giving way in between: a change from now on wakes it.
            let waiter = register(id)
            defer { leave(waiter) }
            let value = try await read()
            if isDone(value) { return value }
            guard await waiter.isWoken(within: max(.zero, deadline - .now)) else { return value }
        }
    }

    /// Wakes those who wait for one analysis.
    package func wake(_ id: UUID) {
        for continuation in waiters[id]?.values ?? [:].values { continuation.yield() }
    }

    /// Wakes everybody, when notifications may have been missed.
    package func wakeAll() {
        for group in waiters.values {
            for continuation in group.values { continuation.yield() }
        }
    }

    /// How many requests wait, for metrics.
    package var count: Int { waiters.values.reduce(0) { $0 + $1.count } }

    /// Somebody who waits; a change is kept for them until they look.
    private struct Waiter: Sendable {
        let id: UUID
        let number: UInt64
        let changes: AsyncStream<Void>

        /// False after so long, on cancellation, and when the gateway stops: whoever waits is answered with what is there.
        func isWoken(within timeout: Duration) async -> Bool {
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { await changes.first { _ in true } != nil }
                group.addTask {
                    try? await Task.sleep(for: timeout)  // Cancelled when the change came first.
                    return false
                }
                group.addTask {
                    try? await gracefulShutdown()  // Cancelled when one of the others came first.
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? false
            }
        }
    }

    private func register(_ id: UUID) -> Waiter {
        let (changes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        nextWaiter += 1
        waiters[id, default: [:]][nextWaiter] = continuation
        return Waiter(id: id, number: nextWaiter, changes: changes)
    }

    private func leave(_ waiter: Waiter) {
        waiters[waiter.id]?.removeValue(forKey: waiter.number)
        if waiters[waiter.id]?.isEmpty == true { waiters[waiter.id] = nil }
    }
}
