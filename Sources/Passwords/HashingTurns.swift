import Synchronization

/// Lends the hashing lanes: one queue for each purpose, and the queues take turns.
final class HashingTurns: Sendable {
    private struct Waiter {
        let number: UInt64
        /// Takes nil when its task was cancelled.
        let continuation: CheckedContinuation<HashingLane?, Never>
    }

    private struct State {
        var free: [HashingLane]
        var waiters: [PasswordHasher.Purpose: [Waiter]] = [:]
        /// Those that run and those that wait.
        var counts: [PasswordHasher.Purpose: Int] = [:]
        /// The purposes in the order in which they are next; the one that was served last is at the end.
        var order = PasswordHasher.Purpose.allCases
        var nextNumber: UInt64 = 0
    }

    private let limit: Int
    private let state: Mutex<State>

    init(lanes: [HashingLane], limit: Int) {
        self.limit = limit
        state = Mutex(State(free: lanes))
    }

    /// Lends a lane to `body` when it is this one's turn.
    /// - Throws: ``PasswordError/busy`` at once when too many of the purpose run or wait; what `body` throws.
    func withLane<R: Sendable>(
        _ purpose: PasswordHasher.Purpose, _ body: (HashingLane) async throws -> R
    ) async throws -> R {
        try state.withLock { state in
            guard state.counts[purpose, default: 0] < limit else { throw PasswordError.busy }
            state.counts[purpose, default: 0] += 1
        }
        defer { state.withLock { $0.counts[purpose, default: 0] -= 1 } }
        guard let lane = await borrow(purpose) else { throw CancellationError() }
        defer { giveBack(lane) }
        return try await body(lane)
    }

    /// How many of a purpose run or wait.
    func count(_ purpose: PasswordHasher.Purpose) -> Int { state.withLock { $0.counts[purpose] ?? 0 } }

    private func borrow(_ purpose: PasswordHasher.Purpose) async -> HashingLane? {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enqueue(Waiter(number: number, continuation: continuation), purpose)
            }
        } onCancel: {
            withdraw(number, purpose)
        }
    }

    private func enqueue(_ waiter: Waiter, _ purpose: PasswordHasher.Purpose) {
        // A task that is cancelled from now on finds its waiter in the queue, or has its lane.
        let (waits, lane) = state.withLock { state -> (Bool, HashingLane?) in
            if Task.isCancelled { return (false, nil) }
            if let lane = state.free.popLast() { return (false, lane) }
            state.waiters[purpose, default: []].append(waiter)
            return (true, nil)
        }
        if !waits { waiter.continuation.resume(returning: lane) }
    }

    private func withdraw(_ number: UInt64, _ purpose: PasswordHasher.Purpose) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters[purpose]?.firstIndex(where: { $0.number == number }) else { return nil }
            return state.waiters[purpose]?.remove(at: index)
        }
        waiter?.continuation.resume(returning: nil)
    }

    /// Hands a lane on to the first waiter of the purpose whose turn it is.
    private func giveBack(_ lane: HashingLane) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.order.firstIndex(where: { state.waiters[$0]?.isEmpty == false }) else {
                state.free.append(lane)
                return nil
            }
            let purpose = state.order.remove(at: index)
            state.order.append(purpose)
            return state.waiters[purpose]?.removeFirst()
        }
        waiter?.continuation.resume(returning: lane)
    }
}
