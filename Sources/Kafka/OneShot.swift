import Synchronization

/// A value that comes once, and that any number of tasks may wait for, each for a limited time.
final class OneShot<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// Gives the value; later ones are ignored.
    func fulfil(_ value: Value) {
        let waiters = state.withLock { state -> [CheckedContinuation<Value?, Never>] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// The value, or nil when it did not come in time. Waits on when the task is cancelled: it is for closing, and tasks
    /// that close things are often cancelled ones.
    func wait(upTo timeout: Duration) async -> Value? {
        await withCheckedContinuation { continuation in
            let waiting = state.withLock { state -> Int? in
                guard state.value == nil else { return nil }
                state.next += 1
                state.waiters[state.next] = continuation
                return state.next
            }
            guard let waiting else { return continuation.resume(returning: state.withLock(\.value)) }
            Task.detached {
                try? await Task.sleep(for: timeout)
                self.state.withLock { $0.waiters.removeValue(forKey: waiting) }?.resume(returning: nil)
            }
        }
    }
}
