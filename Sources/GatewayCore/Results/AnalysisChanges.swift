import Foundation

/// Wakes the requests that wait for an analysis to change.
///
/// PostgreSQL's NOTIFY carries only an id: whoever is woken reads the row again, so a lost or repeated notification
/// costs a query and never shows something wrong.
actor AnalysisChanges {
    private var waiters: [UUID: [UInt64: CheckedContinuation<Bool, Never>]] = [:]
    private var nextWaiter: UInt64 = 0

    /// Returns true when the analysis may have changed, false after `timeout` or on cancellation.
    ///
    /// - Important: To miss nothing, read the row only after this call has been made: see ``observe(_:timeout:read:)``.
    func change(of id: UUID, timeout: Duration) async -> Bool {
        let number = nextWaiter
        nextWaiter += 1
        let timer = Task {
            try? await Task.sleep(for: timeout)  // Cancelled when the change came first.
            self.resume(number, of: id, changed: false)
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(returning: false)
                } else {
                    waiters[id, default: [:]][number] = continuation
                }
            }
        } onCancel: {
            Task { await self.resume(number, of: id, changed: false) }
        }
    }

    /// Reads until `isDone` says so or `timeout` has passed, and returns what was read last.
    func observe<Value: Sendable>(
        _ id: UUID, timeout: Duration, read: @Sendable () async throws -> Value, isDone: @Sendable (Value) -> Bool
    ) async throws -> Value {
        let deadline = ContinuousClock.now + timeout
        while true {
            // The waiter is in place before the row is read, so a change in between wakes it.
            async let changed = change(of: id, timeout: max(.zero, deadline - .now))
            let value = try await read()
            if isDone(value) || ContinuousClock.now >= deadline { return value }
            if await changed == false { return value }
        }
    }

    /// Wakes those who wait for one analysis.
    func wake(_ id: UUID) {
        for continuation in waiters.removeValue(forKey: id)?.values ?? [:].values {
            continuation.resume(returning: true)
        }
    }

    /// Wakes everybody, when notifications may have been missed.
    func wakeAll() {
        let all = waiters
        waiters = [:]
        for group in all.values {
            for continuation in group.values { continuation.resume(returning: true) }
        }
    }

    /// How many requests wait, for metrics.
    var count: Int { waiters.values.reduce(0) { $0 + $1.count } }

    private func resume(_ number: UInt64, of id: UUID, changed: Bool) {
        guard let continuation = waiters[id]?.removeValue(forKey: number) else { return }
        if waiters[id]?.isEmpty == true { waiters[id] = nil }
        continuation.resume(returning: changed)
    }
}
