import Synchronization

/// Lets tasks sleep until there is news, or until their time is up: a condition variable for tasks.
///
/// A waiter reads `ticket`, looks at the state it depends on, and waits with that ticket: news that came in between
/// ends the wait at once, so no wake-up is lost. (Neither AsyncStream nor the services' libraries offer a wait that
/// can both time out and be repeated: cancelling a stream's iteration ends the stream.)
package final class Wakeup: Sendable {
    private struct State {
        var ticket: UInt64 = 0
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Counts the news so far.
    package var ticket: UInt64 {
        state.withLock { $0.ticket }
    }

    /// Wakes everybody who waits.
    package func notify() {
        let woken = state.withLock { state in
            state.ticket += 1
            defer { state.waiters.removeAll() }
            return Array(state.waiters.values)
        }
        for waiter in woken { waiter.resume() }
    }

    /// Returns at the first news after `ticket`, when `limit` has passed, or when the task is cancelled.
    package func wait(after ticket: UInt64, atMost limit: Duration? = nil) async {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let deadline = limit.map { ContinuousClock.now + $0 }
        let timer = deadline.map { deadline in
            Task {
                // Cancelled when the wait ended early: then there is nobody left to wake.
                guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
                self.wake(waiter)
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { enqueue($0, as: waiter, after: ticket, until: deadline) }
        } onCancel: {
            wake(waiter)
        }
        timer?.cancel()
    }

    private func enqueue(
        _ continuation: CheckedContinuation<Void, Never>, as waiter: UInt64, after ticket: UInt64,
        until deadline: ContinuousClock.Instant?
    ) {
        let isOver = state.withLock { state in
            // The timer or a cancellation may have come first and found nobody to wake: look for both here.
            let isLate = deadline.map { ContinuousClock.now >= $0 } ?? false
            guard state.ticket == ticket, !isLate, !Task.isCancelled else { return true }
            state.waiters[waiter] = continuation
            return false
        }
        if isOver { continuation.resume() }
    }

    private func wake(_ waiter: UInt64) {
        state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume()
    }
}
