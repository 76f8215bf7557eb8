import Synchronization

/// Bounds how many log-ins are being delayed at once, so that a flood of them holds no memory.
final class LoginGate: Sendable {
    private let limit: Int
    private let count = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Waits, or returns false at once when too many wait already.
    func delay(_ seconds: Double) async throws -> Bool {
        guard seconds > 0 else { return true }
        let isFree = count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
        guard isFree else { return false }
        defer { count.withLock { $0 -= 1 } }
        try await Task.sleep(for: .seconds(seconds))
        return true
    }
}
