import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct Groups {
    /// What the members of a group did with each record.
    private actor Ledger {
        private(set) var stored: Set<Int> = []
        private(set) var deliveredAfterStored: [Int] = []
        private(set) var storedTwice: [Int] = []

        func delivered(_ number: Int) {
            if stored.contains(number) { deliveredAfterStored.append(number) }
        }

        func stored(_ number: Int) {
            if !stored.insert(number).inserted { storedTwice.append(number) }
        }

        var count: Int { stored.count }
    }

    /// Quick heartbeats: a member hears of a rebalance with the next one.
    private static let quick = ["heartbeat.interval.ms": "200"]

    /// Consumes and stores until cancelled.
    private func work(_ consumer: Consumer, _ ledger: Ledger) -> Task<Void, any Error> {
        Task {
            while !Task.isCancelled {
                guard let record = try await consumer.poll(timeout: .milliseconds(200)) else { continue }
                let number = try #require(record.number)
                await ledger.delivered(number)
                if try await consumer.storeOffset(record) == .stored { await ledger.stored(number) }
            }
        }
    }

    private func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(20)) }
    }

    @Test func aRebalanceLosesNoRecord() async throws {
        let scene = try await Scene.make(partitions: 4)
        let producer = try scene.producer()
        let ledger = Ledger()
        let first = try scene.consumer(Self.quick)
        let firstWork = work(first, ledger)
        try await scene.send(0..<300, with: producer)
        try await until { await ledger.count > 50 }

        // One joins while records flow, and both share the partitions.
        let second = try scene.consumer(Self.quick)
        let secondWork = work(second, ledger)
        try await scene.send(300..<600, with: producer)
        try await until { first.assignment.count == 2 && second.assignment.count == 2 }
        #expect(Set(first.assignment).isDisjoint(with: second.assignment))
        try await scene.send(600..<900, with: producer)
        try await until { await ledger.count > 650 }

        // One leaves, and the other takes over.
        try await end(secondWork, second)
        try await scene.send(900..<1_000, with: producer)
        try await until { await ledger.count == 1_000 }
        try await end(firstWork, first)
        await producer.close(timeout: .seconds(30))
    }

    @Test func aRebalanceRepeatsNoRecordThatWasCommitted() async throws {
        let scene = try await Scene.make(partitions: 4)
        let producer = try scene.producer()
        let offsets = try scene.offsets()
        let ledger = Ledger()
        /// Sends, and waits until all of it is committed.
        func send(_ numbers: Range<Int>) async throws {
            try await scene.send(numbers, with: producer)
            try await until { await ledger.count == numbers.upperBound }
            try await until { try await offsets.lag(in: [scene.topic], timeout: .seconds(5)) == [scene.topic: 0] }
        }
        let first = try scene.consumer(Self.quick)
        let firstWork = work(first, ledger)
        try await send(0..<100)
        let second = try scene.consumer(Self.quick)
        let secondWork = work(second, ledger)
        try await until { first.assignment.count == 2 && second.assignment.count == 2 }
        try await send(100..<200)
        try await end(secondWork, second)
        try await until { first.assignment.count == 4 }
        try await send(200..<300)
        #expect(await ledger.deliveredAfterStored.isEmpty)
        #expect(await ledger.storedTwice.isEmpty)
        try await end(firstWork, first)
        await producer.close(timeout: .seconds(30))
        await offsets.close()
    }

    /// As when a broker goes on after a pause: the requests of before it are answered, and those of the second try.
    @Test func aMemberThatComesTwiceWhileItsGroupSharesGetsItsShare() async throws {
        let scene = try await Scene.make(partitions: 2)
        let producer = try scene.producer()
        try await scene.send(0..<20, with: producer)
        let leader = try HandmadeLeader(
            port: try #require(Int(scene.brokers.split(separator: ":")[1])), group: scene.group, topic: scene.topic)
        try leader.join()
        #expect(try leader.share(["leader": [0, 1]]))

        let settings = Self.quick.merging(["group.instance.id": "other"]) { $1 }
        let ledger = Ledger()
        let first = try scene.consumer(settings)
        let firstWork = work(first, ledger)
        try await until { try leader.isCalled() }
        try leader.join()
        #expect(leader.members.map(\.name).contains("other"))
        let met = Set(leader.members.map(\.id))
        let second = try scene.consumer(settings)
        let secondWork = work(second, ledger)
        try await until { try !leader.present().subtracting(met).isEmpty }

        // From here on the leader does as any does.
        while second.assignment.isEmpty {
            _ = try leader.share(["leader": [0], "other": [1]])
            try await until { try leader.isCalled() || !second.assignment.isEmpty }
            if second.assignment.isEmpty { try leader.join() }
        }
        #expect(second.assignment.map(\.partition) == [1])
        try await until { await ledger.count > 0 }
        firstWork.cancel()
        secondWork.cancel()
        _ = await (firstWork.result, secondWork.result)
        _ = await first.close(timeout: .seconds(5))
        _ = await second.close(timeout: .seconds(5))
        await producer.close(timeout: .seconds(30))
    }

    private func end(_ work: Task<Void, any Error>, _ consumer: Consumer) async throws {
        work.cancel()
        _ = await work.result
        #expect(await consumer.close(timeout: .seconds(30)))
    }

    @Test func whatWasNotStoredIsDeliveredAgain() async throws {
        let scene = try await Scene.make()
        let producer = try scene.producer()
        try await scene.send(0..<10, with: producer)
        // Too late for this test: closing commits.
        let first = try scene.consumer(["auto.commit.interval.ms": "3600000"])
        let records = try await first.next(10)
        #expect(try await first.storeOffset(records[3]) == .stored)
        // Behind the one before: it changes nothing.
        #expect(try await first.storeOffset(records[1]) == .stored)
        #expect(await first.close(timeout: .seconds(30)))

        let second = try scene.consumer()
        #expect(try await second.next(6).map(\.offset) == Array(4..<10))
        #expect(await second.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
    }

    @Test func aRecordOfAnEarlierAssignmentIsStale() async throws {
        let scene = try await Scene.make(partitions: 2)
        let producer = try scene.producer()
        try await scene.send(0..<20, with: producer)
        let first = try scene.consumer(Self.quick)
        let records = try await first.next(20)
        #expect(Set(records.map(\.partition)) == [0, 1])

        let second = try scene.consumer(Self.quick)
        let polling = work(second, Ledger())
        while first.assignment.count != 1 { _ = try await first.poll(timeout: .milliseconds(100)) }
        // Given up, or given up and got back: either way the record comes again to whoever has the partition now.
        for record in records { #expect(try await first.storeOffset(record) == .stale) }
        polling.cancel()
        _ = await polling.result
        #expect(await second.close(timeout: .seconds(30)))
        #expect(await first.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
    }

    @Test func pollingIsEndedByCancelling() async throws {
        let scene = try await Scene.make()
        let consumer = try scene.consumer()
        let polling = Task { try await consumer.poll(timeout: .seconds(3_600)) }
        try await until { !consumer.assignment.isEmpty }
        polling.cancel()
        await #expect(throws: CancellationError.self) { try await polling.value }
        #expect(await consumer.close(timeout: .seconds(30)))
    }

    @Test func aClosedConsumerSaysSo() async throws {
        let scene = try await Scene.make()
        let producer = try scene.producer()
        try await scene.send(0..<1, with: producer)
        let consumer = try scene.consumer()
        let record = try await consumer.next()
        let polling = Task { try await consumer.poll(timeout: .seconds(3_600)) }
        #expect(await consumer.close(timeout: .seconds(30)))
        #expect(await consumer.close(timeout: .seconds(30)), "Closing again is no fault.")
        #expect(await #expect(throws: KafkaError.self) { try await polling.value }?.code == .closed)
        #expect(
            await #expect(throws: KafkaError.self) { try await consumer.storeOffset(record) }?.code == .closed)
        await producer.close(timeout: .seconds(30))
    }

    @Test func aStaticMemberThatClosesLeavesItsPlaceToOthersOfOtherNames() async throws {
        let scene = try await Scene.make(partitions: 2)
        let producer = try scene.producer()
        try await scene.send(0..<20, with: producer)
        // The private broker keeps the place of a static member for ever, so this cannot succeed by a time-out.
        let first = try scene.consumer(["group.instance.id": "first"])
        for record in try await first.next(20) { try await first.storeOffset(record) }
        #expect(first.hasJoined)
        #expect(await first.close(timeout: .seconds(20)))
        let second = try scene.consumer(["group.instance.id": "second"])
        #expect(!second.hasJoined)
        try await scene.send(20..<30, with: producer)
        // What the first one stored was committed on its way out.
        #expect(Set(try await second.next(10).compactMap(\.number)) == Set(20..<30))
        #expect(second.assignment.count == 2)
        #expect(await second.close(timeout: .seconds(20)))
        await producer.close(timeout: .seconds(5))
    }
}
