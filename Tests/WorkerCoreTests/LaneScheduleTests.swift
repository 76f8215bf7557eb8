import Testing

@testable import WorkerCore

extension LaneSchedule {
    fileprivate mutating func append(_ job: Job, to lane: JobLane) {
        insert(job, in: lane, behind: 0) { _ in false }
    }

    fileprivate mutating func take() -> (job: Job, lane: JobLane)? {
        guard let lane = nextLane else { return nil }
        passTurn(to: lane)
        return removeFirst(of: lane).map { ($0, lane) }
    }
}

@Suite struct LaneScheduleTests {
    private func schedule(interactive: Int, bulk: Int) -> LaneSchedule<Int> {
        var schedule = LaneSchedule<Int>()
        for job in 0..<interactive { schedule.append(job, to: .interactive) }
        for job in 0..<bulk { schedule.append(1_000 + job, to: .bulk) }
        return schedule
    }

    private func lanes(_ schedule: inout LaneSchedule<Int>, _ count: Int) -> [JobLane] {
        (0..<count).compactMap { _ in schedule.take()?.lane }
    }

    @Test func oneInEightIsBulkWhileBothLanesWait() {
        var schedule = schedule(interactive: 70, bulk: 70)
        let taken = lanes(&schedule, 80)
        for round in 0..<10 {
            #expect(taken[round * 8..<round * 8 + 7].allSatisfy { $0 == .interactive })
            #expect(taken[round * 8 + 7] == .bulk)
        }
    }

    @Test func eachLaneIsFirstInFirstOut() {
        var schedule = schedule(interactive: 20, bulk: 20)
        var jobs: [Int] = []
        while let (job, _) = schedule.take() { jobs.append(job) }
        #expect(jobs.filter { $0 < 1_000 } == Array(0..<20))
        #expect(jobs.filter { $0 >= 1_000 } == Array(1_000..<1_020))
    }

    @Test func aNewInteractiveJobPassesEveryWaitingBulkJob() {
        var schedule = schedule(interactive: 0, bulk: 50)
        #expect(lanes(&schedule, 20) == Array(repeating: .bulk, count: 20))
        schedule.append(7, to: .interactive)
        #expect(schedule.take()?.job == 7)
        #expect(schedule.take()?.lane == .bulk)
    }

    @Test func interactiveJobsThatPassedNobodyDoNotCount() {
        var schedule = schedule(interactive: 30, bulk: 0)
        #expect(lanes(&schedule, 20).allSatisfy { $0 == .interactive })
        schedule.append(1_000, to: .bulk)
        #expect(lanes(&schedule, 7).allSatisfy { $0 == .interactive })
        #expect(schedule.take()?.lane == .bulk)
    }

    @Test func anEmptyScheduleHasNothing() {
        var schedule = schedule(interactive: 1, bulk: 1)
        #expect(lanes(&schedule, 5).count == 2)
        #expect(schedule.take() == nil)
    }

    @Test func whatIsNotKeptIsForgottenInItsLaneAlone() {
        var schedule = schedule(interactive: 4, bulk: 4)
        schedule.keep(in: .bulk) { $0 % 2 == 0 }
        #expect(schedule.jobs(in: .bulk) == [1_000, 1_002])
        #expect(schedule.count(in: .interactive) == 4)
    }

    @Test func aRedeliveredJobTakesThePlaceOfTheOlderOne() {
        var schedule = schedule(interactive: 3, bulk: 0)
        #expect(schedule.replace(with: 99, in: .interactive) { $0 == 1 })
        #expect(!schedule.replace(with: 98, in: .interactive) { $0 == 1 })
        #expect(schedule.jobs(in: .interactive) == [0, 99, 2])
    }
}
