import Foundation
import Testing

@testable import Analyses
@testable import GatewayCore

@Suite(.timeLimit(.minutes(1))) struct AnalysisChangesTests {
    let changes = AnalysisChanges()
    let id = UUID()

    /// Wakes until the waiter is there to be woken.
    private func untilWaiting(_ count: Int = 1) async throws {
        while await changes.count < count { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test func aChangeWakesAllWhoWaitForThatAnalysis() async throws {
        async let first = changes.change(of: id, timeout: .seconds(30))
        async let second = changes.change(of: id, timeout: .seconds(30))
        async let other = changes.change(of: UUID(), timeout: .milliseconds(300))
        try await untilWaiting(3)
        await changes.wake(id)
        #expect(await [first, second, other] == [true, true, false])
        #expect(await changes.count == 0)
    }

    @Test func aWaiterThatIsCancelledLeavesNothingBehind() async throws {
        let task = Task { await changes.change(of: id, timeout: .seconds(30)) }
        try await untilWaiting()
        task.cancel()
        #expect(await task.value == false)
        #expect(await changes.count == 0)
    }

    @Test func aLostConnectionWakesEverybody() async throws {
        async let waiter = changes.change(of: id, timeout: .seconds(30))
        try await untilWaiting()
        await changes.wakeAll()
        #expect(await waiter)
    }

    @Test func observingEndsWithTheFirstValueThatIsDone() async throws {
        let reads = Reads()
        let task = Task {
            try await changes.observe(id, timeout: .seconds(30), read: { await reads.next() }, isDone: { $0 == 3 })
        }
        while await reads.count < 3 {
            await changes.wake(id)
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(try await task.value == 3)
    }

    @Test func observingGivesTheLastValueWhenTimeIsUp() async throws {
        let value = try await changes.observe(id, timeout: .milliseconds(50), read: { 7 }, isDone: { _ in false })
        #expect(value == 7)
        #expect(await changes.count == 0)
    }

    /// A change that comes while the row is read is not missed, however early.
    @Test func aChangeDuringTheFirstReadIsSeen() async throws {
        for _ in 0..<200 {
            let reads = Reads()
            let value = try await changes.observe(
                id, timeout: .seconds(30),
                read: {
                    // As if the notification had come between the query and its answer.
                    let value = await reads.next()
                    if value == 1 { await changes.wake(id) }
                    return value
                }, isDone: { $0 == 2 })
            #expect(value == 2)
        }
        #expect(await changes.count == 0)
    }

    private actor Reads {
        private(set) var count = 0
        func next() -> Int {
            count += 1
            return count
        }
    }
}
