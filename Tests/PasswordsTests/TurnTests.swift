import Synchronization
import Testing

@testable import Passwords

/// A flood of one purpose does not starve the others.
@Suite struct TurnTests {
    @Test func aLogInWaitsForOneRegistrationHoweverManyWait() async throws {
        let hasher = PasswordHasher(parameters: .recommended, concurrency: 1, waiting: 20)
        let registered = Count()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    _ = try await hasher.hash("correct horse battery", for: .registration)
                    registered.add()
                }
            }
            while hasher.count(.registration) + registered.value < 20 { await Task.yield() }
            let before = registered.value
            // The queue of registrations is full or nearly so: log-ins and people who are known have their own.
            async let logIn = hasher.verify("x", against: hasher.nobodysHash, for: .logIn)
            async let known = hasher.verify("x", against: hasher.nobodysHash, for: .known)
            _ = try await (logIn, known)
            // One that ran already, and one turn for each of the two; one more may be counted before this line runs.
            #expect(registered.value - before <= 4)
            group.cancelAll()
            try? await group.waitForAll()
        }
    }

    @Test func eachPurposeHasABoundOfItsOwn() async throws {
        let hasher = PasswordHasher(parameters: .recommended, concurrency: 1, waiting: 1)
        let first = Task { try await hasher.hash("correct horse battery", for: .registration) }
        while hasher.count(.registration) == 0 { await Task.yield() }
        await #expect(throws: PasswordError.self) { try await hasher.hash("another", for: .registration) }
        _ = try await hasher.hash("another", for: .logIn)
        _ = try await first.value
        _ = try await hasher.hash("another", for: .registration)
    }

    @Test func whoGivesUpWhileWaitingLeavesTheQueue() async throws {
        let turns = HashingTurns(lanes: [HashingLane(number: 0)], limit: 8)
        let (gate, open) = AsyncStream<Void>.makeStream()
        let first = Task { try await turns.withLane(.logIn) { _ in for await _ in gate { return } } }
        while turns.count(.logIn) == 0 { await Task.yield() }
        let second = Task { try await turns.withLane(.logIn) { _ in } }
        while turns.count(.logIn) == 1 { await Task.yield() }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(turns.count(.logIn) == 1, "the first still runs")
        open.yield()
        try await first.value
        #expect(turns.count(.logIn) == 0)
    }
}

private final class Count: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    func add() { number.withLock { $0 += 1 } }
}
