import Foundation
import Testing

@testable import Kafka
@testable import WorkerCore

@Suite struct LaneStateTests {
    private func record(
        _ offset: Int64, partition: Int32 = 0, value: UInt8? = nil, sent seconds: Double? = nil
    ) -> Record {
        Record(
            topic: "jobs", partition: partition, offset: offset, key: nil, value: [value ?? UInt8(offset)], headers: [],
            timestamp: seconds.map { Date(timeIntervalSince1970: $0) }, generation: 1)
    }

    private func state(interactive: Int = 0, bulk: Int = 0) -> LaneState<String> {
        var state = LaneState<String>()
        for offset in 0..<interactive { state.offer(record(Int64(offset)), in: .interactive) }
        for offset in 0..<bulk { state.offer(record(Int64(offset)), in: .bulk) }
        return state
    }

    /// Claims and takes the next job.
    private func take(_ state: inout LaneState<String>) throws -> QueuedJob {
        while let job = state.nextToClaim() { state.grant(job, "photo", isFirst: true) }
        let next = state.nextToAnalyse()
        return try #require(next).job
    }

    private func claim(_ state: inout LaneState<String>) throws -> QueuedJob {
        let next = state.nextToClaim()
        return try #require(next)
    }

    @Test func theFirstOfEachLaneIsClaimedInteractiveFirst() throws {
        var state = state(interactive: 2, bulk: 2)
        let first = try claim(&state)
        #expect(first.lane == .interactive && first.record.offset == 0)
        let second = try claim(&state)
        #expect(second.lane == .bulk && second.record.offset == 0)
        #expect(state.nextToClaim() == nil)
        #expect(state.nextToAnalyse() == nil)
        state.grant(second, "bulk photo", isFirst: true)
        // A person waits: the bulk photo that is here does not go before theirs.
        #expect(state.nextToAnalyse() == nil)
        state.grant(first, "photo", isFirst: true)
        #expect(state.nextToAnalyse()?.claimed == "photo")
        #expect(state.nextToClaim()?.record.offset == 1)
    }

    @Test func photosOfAllPartitionsAreTakenInTheOrderInWhichTheyWereSent() throws {
        var state = LaneState<String>()
        // Sent in turn to three partitions, delivered partition by partition.
        for partition in 0..<3 {
            for round in 0..<5 {
                state.offer(
                    record(Int64(round), partition: Int32(partition), sent: Double(round * 3 + partition)),
                    in: .interactive)
            }
        }
        for turn in 0..<15 {
            let job = try take(&state)
            #expect(Int(job.record.partition) == turn % 3 && Int(job.record.offset) == turn / 3)
            state.settle(job)
        }
    }

    @Test func aPhotoThatIsHereIsNotOvertakenAndAPartitionKeepsItsOrder() throws {
        var state = LaneState<String>()
        state.offer(record(0, sent: 10), in: .interactive)
        let first = try claim(&state)
        state.grant(first, "photo", isFirst: true)
        // Sent before, and fetched after the first was claimed.
        state.offer(record(0, partition: 1, sent: 1), in: .interactive)
        // By a clock that is behind: its offset must not be stored before the first one's.
        state.offer(record(1, sent: 2), in: .interactive)
        let taken = try (0..<3).map { _ in try take(&state).record }
        #expect(taken.map(\.partition) == [0, 1, 0])
        #expect(taken.map(\.offset) == [0, 0, 1])
    }

    @Test func aPhotoThatIsHeldHereWaitsForAnInteractiveOneThatComes() throws {
        var state = state(bulk: 3)
        let bulk = try claim(&state)
        state.grant(bulk, "bulk photo", isFirst: true)
        state.offer(record(9), in: .interactive)
        let interactive = try claim(&state)
        state.grant(interactive, "photo", isFirst: true)
        #expect(state.nextToAnalyse()?.job.lane == .interactive)
        #expect(state.nextToAnalyse()?.claimed == "bulk photo")
    }

    @Test func nothingIsClaimedBesideAPhotoThatWasClaimedBefore() throws {
        var state = state(interactive: 2, bulk: 2)
        let suspect = try claim(&state)
        state.grant(suspect, "suspect", isFirst: false)
        #expect(state.nextToClaim() == nil)
        #expect(state.nextToAnalyse()?.claimed == "suspect")
        #expect(state.nextToClaim() == nil)
        #expect(state.nextToAnalyse() == nil)
        state.settle(suspect)
        #expect(state.nextToClaim()?.record.offset == 1)
    }

    @Test func aPhotoThatWasClaimedBeforeGoesBeforeTheInteractiveOnesThatMayNotBeClaimed() throws {
        var state = state(bulk: 1)
        let suspect = try claim(&state)
        state.grant(suspect, "suspect", isFirst: false)
        state.offer(record(1), in: .interactive)
        #expect(state.nextToClaim() == nil)
        #expect(state.nextToAnalyse()?.claimed == "suspect")
    }

    @Test func oneInEightIsBulkWhileBothWait() throws {
        var state = state(interactive: 40, bulk: 10)
        let lanes = try (0..<40).map { _ in try take(&state).lane }
        #expect(lanes.enumerated().allSatisfy { ($0.offset % 8 == 7) == ($0.element == .bulk) })
    }

    @Test func offsetsAreGivenOutInOrderWhateverIsSettledFirst() throws {
        var state = state(interactive: 3)
        let jobs = try (0..<3).map { _ in try take(&state) }
        state.settle(jobs[2])
        state.settle(jobs[1])
        #expect(state.takeSettled(in: .interactive).isEmpty)
        state.settle(jobs[0])
        #expect(state.takeSettled(in: .interactive).map(\.offset) == [0, 1, 2])
        #expect(state.takeSettled(in: .interactive).isEmpty)
    }

    @Test func aJobThatIsTurnedDownIsSettledInItsTurn() throws {
        var state = state(interactive: 2)
        let first = try take(&state)
        let second = try claim(&state)
        state.turnDown(second)
        #expect(state.takeSettled(in: .interactive).isEmpty)
        state.settle(first)
        #expect(state.takeSettled(in: .interactive).map(\.offset) == [0, 1])
        #expect(state.count(in: .interactive) == 0)
    }

    @Test func aRedeliveryIsNotDoneTwiceButItsOffsetIsTheOneToStore() throws {
        var state = state(interactive: 2)
        let job = try take(&state)
        let again = Record(
            topic: "jobs", partition: 0, offset: 0, key: nil, value: [0], headers: [], timestamp: nil, generation: 2)
        state.offer(again, in: .interactive)
        #expect(state.count(in: .interactive) == 1)
        state.settle(job)
        #expect(state.takeSettled(in: .interactive).map(\.generation) == [2])
        // Another job at the same place: the topic was made anew.
        state.offer(record(1, value: 77), in: .interactive)
        #expect(state.count(in: .interactive) == 2)
    }

    @Test func aClaimedPhotoOfALostPartitionIsForgotten() throws {
        var state = LaneState<String>()
        state.offer(record(0, partition: 0), in: .bulk)
        state.offer(record(0, partition: 1), in: .bulk)
        let lost = try claim(&state)
        state.keepOnly([1], in: .bulk)
        state.grant(lost, "lost", isFirst: false)
        #expect(state.nextToAnalyse() == nil)
        let kept = try claim(&state)
        #expect(kept.record.partition == 1)
        state.grant(kept, "kept", isFirst: true)
        #expect(state.nextToAnalyse()?.claimed == "kept")
    }

    @Test func aClosedQueueStillGivesThePhotosThatAreHere() throws {
        var state = state(interactive: 3, bulk: 3)
        let here = try claim(&state)
        let asked = try claim(&state)
        state.grant(here, "here", isFirst: true)
        state.close()
        #expect(state.nextToClaim() == nil)
        #expect(state.nextToAnalyse()?.claimed == "here")
        #expect(state.hasClaims)
        #expect(asked.lane == .bulk)
        state.abandonAsked()
        #expect(!state.hasClaims)
        #expect(state.count(in: .bulk) == 0)
        state.offer(record(8), in: .interactive)
        #expect(state.count(in: .interactive) == 0)
    }
}
