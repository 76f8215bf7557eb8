import Foundation
import ServiceSupport
import Synchronization
import Testing

@testable import WorkerCore

@Suite(.timeLimit(.minutes(1))) struct WaitingTests {
    @Test func newsBeforeTheWaitEndsItAtOnce() async {
        let wakeup = Wakeup()
        let ticket = wakeup.ticket
        wakeup.notify()
        await wakeup.wait(after: ticket)
    }

    @Test func newsWakesEverybody() async {
        let wakeup = Wakeup()
        let ticket = wakeup.ticket
        await withTaskGroup { group in
            for _ in 0..<20 { group.addTask { await wakeup.wait(after: ticket) } }
            wakeup.notify()
        }
    }

    @Test func aWaitEndsWhenItsTimeIsUp() async {
        let wakeup = Wakeup()
        await wakeup.wait(after: wakeup.ticket, atMost: .milliseconds(1))
        await wakeup.wait(after: wakeup.ticket, atMost: .zero)
    }

    @Test func aWaitEndsWithItsTask() async {
        let wakeup = Wakeup()
        let early = Task { await wakeup.wait(after: 0) }
        early.cancel()
        await early.value
        let late = Task { await wakeup.wait(after: 0) }
        for _ in 0..<10 { await Task.yield() }
        late.cancel()
        await late.value
    }

    @Test func manyWaitsRacingWithManyNewsAllEnd() async {
        let wakeup = Wakeup()
        await withTaskGroup { group in
            for number in 0..<2_000 {
                group.addTask { await wakeup.wait(after: wakeup.ticket, atMost: .microseconds(number % 7 * 100)) }
                group.addTask { wakeup.notify() }
            }
        }
    }

    @Test func aStopEndsSleepsNowAndLater() async {
        let stop = StopSignal()
        #expect(!stop.isStopped)
        let sleeper = Task { await stop.sleep(for: .seconds(3_600)) }
        stop.stop()
        await sleeper.value
        await stop.sleep(for: .seconds(3_600))
        await stop.wait()
        #expect(stop.isStopped)
    }

    @Test func aPulseIsOverdueOnlyAfterItsAllowance() {
        let pulse = Pulse()
        #expect(!pulse.isOverdue)
        pulse.allow(.seconds(3_600), for: .analysing)
        #expect(!pulse.isOverdue)
        pulse.allow(.seconds(-1), for: .analysing)
        #expect(pulse.isOverdue)
        pulse.end(.analysing)
        #expect(!pulse.isOverdue)
    }

    @Test func aPulseIsOverdueWhenOneOfSeveralStepsIs() {
        let pulse = Pulse()
        pulse.allow(.seconds(3_600), for: .claiming)
        pulse.allow(.seconds(-1), for: .publishing(1))
        pulse.allow(.seconds(3_600), for: .publishing(2))
        #expect(pulse.isOverdue)
        pulse.end(.publishing(1))
        #expect(!pulse.isOverdue)
    }

    @Test func askingForAReplacementEndsTheWaitBeforeTheNextStart() async {
        let (replacement, stop) = (Replacement(), StopSignal())
        let sleeper = Task { await replacement.sleep(for: .seconds(3_600), stop: stop) }
        replacement.ask()
        await sleeper.value
        #expect(!replacement.isAsked)
        replacement.ask()
        await replacement.sleep(for: .seconds(3_600), stop: stop)
        stop.stop()
        await replacement.sleep(for: .seconds(3_600), stop: stop)
    }

    /// Counts who is inside, and the most that ever were.
    private final class Room: Sendable {
        private let counts = Mutex((now: 0, most: 0))

        var most: Int { counts.withLock { $0.most } }

        func enter() {
            counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
        }

        func leave() {
            counts.withLock { $0.now -= 1 }
        }
    }

    @Test func oneProcessLoadsAtATime() async throws {
        let cache = FileManager.default.temporaryDirectory.appending(path: "turns-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: cache) }
        let room = Room()
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { @Sendable in
                    // Each opens the file anew, so that each is to the kernel what another process would be.
                    try await LoadingTurn.take(in: cache) {
                        room.enter()
                        try await Task.sleep(for: .milliseconds(5))
                        room.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(room.most == 1)
    }
}
