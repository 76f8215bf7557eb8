import Testing

@testable import WorkerCore

@Suite struct ChildWatchTests {
    private let start = ContinuousClock.now

    private func watch() -> ChildWatch {
        ChildWatch(silenceLimit: .seconds(30), drainLimit: .seconds(9), now: start)
    }

    private func heartbeat(isOverdue: Bool = false) -> ChildEvent {
        .heartbeat(Heartbeat(state: .ready, isOverdue: isOverdue, done: .init()))
    }

    private func isKill(_ action: ChildWatch.Action) -> Bool {
        if case .kill = action { true } else { false }
    }

    @Test func aChildThatBeatsIsLeftAlone() {
        var watch = watch()
        for second in 0..<3_600 {
            #expect(watch.next(heartbeat(), isStopping: false, now: start + .seconds(second)) == .listen)
        }
    }

    @Test func aSilentChildIsKilledOnce() {
        var watch = watch()
        for second in 1...29 {
            #expect(watch.next(.silence, isStopping: false, now: start + .seconds(second)) == .listen)
        }
        #expect(isKill(watch.next(.silence, isStopping: false, now: start + .seconds(31))))
        #expect(watch.next(.silence, isStopping: false, now: start + .seconds(32)) == .listen)
        #expect(watch.next(.ended(.killed(signal: 9)), isStopping: false, now: start) == .finish(.killed(signal: 9)))
    }

    @Test func aSupervisorThatWasFrozenItselfDoesNotBlameItsChildren() {
        var watch = watch()
        #expect(watch.next(.silence, isStopping: false, now: start + .seconds(1)) == .listen)
        #expect(watch.next(.silence, isStopping: false, now: start + .seconds(3_600)) == .listen)
        for second in 3_601...3_629 {
            #expect(watch.next(.silence, isStopping: false, now: start + .seconds(second)) == .listen)
        }
        #expect(isKill(watch.next(.silence, isStopping: false, now: start + .seconds(3_631))))
    }

    @Test func aChildWhoseWorkHangsIsKilledAlthoughItBeats() {
        var watch = watch()
        #expect(watch.next(heartbeat(isOverdue: true), isStopping: false, now: start + .seconds(1)) == .listen)
        #expect(isKill(watch.next(heartbeat(isOverdue: true), isStopping: false, now: start + .seconds(2))))
    }

    @Test func aChildThatWakesFromAFreezeMayCatchUp() {
        var watch = watch()
        #expect(watch.next(heartbeat(isOverdue: true), isStopping: false, now: start + .seconds(20)) == .listen)
        #expect(watch.next(heartbeat(), isStopping: false, now: start + .seconds(21)) == .listen)
        #expect(watch.next(heartbeat(isOverdue: true), isStopping: false, now: start + .seconds(22)) == .listen)
    }

    @Test func aStoppingChildIsToldOnceAndKilledWhenItIsLate() {
        var watch = watch()
        #expect(watch.next(heartbeat(), isStopping: true, now: start) == .terminate)
        for second in 1...8 {
            #expect(watch.next(heartbeat(), isStopping: true, now: start + .seconds(second)) == .listen)
        }
        #expect(isKill(watch.next(heartbeat(), isStopping: true, now: start + .seconds(9))))
    }

    @Test func waitStatusesAreRead() {
        #expect(ExitStatus(waitStatus: 0) == .exited(0))
        #expect(ExitStatus(waitStatus: 78 << 8) == .exited(78))
        #expect(ExitStatus(waitStatus: 9) == .killed(signal: 9))
        #expect(ExitStatus(waitStatus: 11 | 0x80) == .killed(signal: 11))
    }
}
