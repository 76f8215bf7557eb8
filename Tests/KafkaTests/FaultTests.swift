import TestSupport
import Testing

@testable import Kafka

/// Faults that a broker answers with, from librdkafka's mock cluster.
@Suite(.timeLimit(.minutes(2))) struct Faults {
    private func configuration(_ cluster: MockCluster, _ options: [String: String] = [:]) -> KafkaConfiguration {
        KafkaConfiguration(brokers: cluster.brokers, clientID: "mien-tests", options: options)
    }

    @Test func errorsThatGoAwayAreRetriedWithoutLossOrRepetition() async throws {
        let cluster = try MockCluster()
        try cluster.createTopic("jobs")
        let producer = try Producer(configuration(cluster), logger: Scene.logger)
        cluster.inject([.notLeader, .timedOut, .disconnect, .notEnoughReplicas], into: .produce)
        for number in 0..<20 as Range<UInt8> { _ = try await producer.send(topic: "jobs", key: nil, value: [number]) }

        cluster.inject([.disconnect, .notLeader], into: .fetch)
        cluster.inject([.disconnect], into: .joinGroup)
        let consumer = try Consumer(configuration(cluster), group: "workers", topics: ["jobs"], logger: Scene.logger)
        var values: [UInt8] = []
        while values.count < 20 { values += try await consumer.nextIgnoringRetriable().value ?? [] }
        #expect(values == Array(0..<20))
        #expect(await consumer.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
    }

    @Test func aMessageThatNobodyAcknowledgesTimesOutAndIsRetriable() async throws {
        let cluster = try MockCluster()
        try cluster.createTopic("jobs")
        let producer = try Producer(
            configuration(cluster, ["delivery.timeout.ms": "500"]), logger: Scene.logger)
        _ = try await retrying { try await producer.send(topic: "jobs", key: nil, value: [1]) }
        cluster.delayAnswers(milliseconds: 60_000)
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(topic: "jobs", key: nil, value: [2])
        }
        #expect(error?.code == .messageTimedOut)
        #expect(error?.isRetriable == true)
        cluster.delayAnswers(milliseconds: 0)
        _ = try await retrying { try await producer.send(topic: "jobs", key: nil, value: [3]) }
        await producer.close(timeout: .seconds(30))
    }

    @Test func aProducerReplacesItsClientAfterAFatalError() async throws {
        let cluster = try MockCluster()
        try cluster.createTopic("jobs")
        let producer = try Producer(configuration(cluster), logger: Scene.logger)
        _ = try await producer.send(topic: "jobs", key: nil, value: [1])
        cluster.inject([.outOfOrder], into: .produce)
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(topic: "jobs", key: nil, value: [2])
        }
        #expect(error?.isFatal == true)
        #expect(error?.isRetriable == true)
        // Sending again is all that a caller does.
        _ = try await producer.send(topic: "jobs", key: nil, value: [2])
        #expect(await producer.close(timeout: .seconds(30)))
    }

    @Test func aFatalErrorThatLastsIsThrownAndNotRunAfter() async throws {
        let cluster = try MockCluster()
        try cluster.createTopic("jobs")
        cluster.inject(Array(repeating: .notAuthorised, count: 1_000), into: .initProducerID)
        let producer = try Producer(configuration(cluster), logger: Scene.logger)
        for _ in 0..<50 {
            let error = await #expect(throws: KafkaError.self) {
                try await producer.send(topic: "jobs", key: nil, value: [1])
            }
            #expect(error?.isFatal == true)
        }
        cluster.clearFaults(of: .initProducerID)
        _ = try await retrying { try await producer.send(topic: "jobs", key: nil, value: [1]) }
        await producer.close(timeout: .seconds(30))
    }

    @Test func aCommitThatFailsIsMadeUpFor() async throws {
        let cluster = try MockCluster()
        try cluster.createTopic("jobs")
        let producer = try Producer(configuration(cluster), logger: Scene.logger)
        for number in 0..<4 as Range<UInt8> { _ = try await producer.send(topic: "jobs", key: nil, value: [number]) }
        cluster.inject([.disconnect], into: .offsetCommit)
        let options = ["auto.commit.interval.ms": "50"]
        let first = try Consumer(
            configuration(cluster, options), group: "g", topics: ["jobs"], logger: Scene.logger)
        for record in try await first.next(2) { try await first.storeOffset(record) }
        #expect(try await first.next(2).count == 2)
        #expect(await first.close(timeout: .seconds(20)))
        let second = try Consumer(configuration(cluster), group: "g", topics: ["jobs"], logger: Scene.logger)
        #expect(try await second.nextIgnoringRetriable().value == [2])
        #expect(await second.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
    }

    @Test func waitingForRoomIsEndedByCancelling() async throws {
        let cluster = try MockCluster()
        try cluster.createTopic("jobs")
        let producer = try Producer(
            configuration(cluster, ["queue.buffering.max.messages": "1"]), logger: Scene.logger)
        cluster.delayAnswers(milliseconds: 60_000)
        let queued = Task { try await producer.send(topic: "jobs", key: nil, value: [1]) }
        while producer.outstanding == 0 { try await Task.sleep(for: .milliseconds(1)) }
        let waiting = Task { try await producer.send(topic: "jobs", key: nil, value: [2]) }
        while producer.waiting == 0 { try await Task.sleep(for: .milliseconds(1)) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(await producer.close(timeout: .zero) == false)
        await #expect(throws: KafkaError.self) { try await queued.value }
    }
}
