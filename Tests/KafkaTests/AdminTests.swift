import Logging
import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct Administration {
    @Test func creatingTopicsTwiceChangesNothing() async throws {
        let scene = try await Scene.make()
        let admin = try scene.admin()
        let names = (1...3).map { "\(scene.topic)-\($0)" }
        let wanted = names.map { TopicSpecification(name: $0, partitions: 3) }
        let first = try await admin.createTopics(wanted)
        #expect(first.map(\.name) == names)
        #expect(first.allSatisfy { $0.wasCreated && $0.partitions == 3 && !$0.hasTooFewPartitions })
        let second = try await admin.createTopics(wanted)
        #expect(second.allSatisfy { !$0.wasCreated && $0.partitions == 3 && !$0.hasTooFewPartitions })
        let metadata = try await admin.metadata()
        #expect(metadata.brokers.map(\.address) == [scene.brokers])
        let topic = ClusterMetadata.Topic(partitions: 3, copies: 1, copiesInStep: 1)
        #expect(names.map { metadata.topics[$0] } == [topic, topic, topic])
        await admin.close()
    }

    @Test func aTopicWithTooFewPartitionsGetsMore() async throws {
        let scene = try await Scene.make(partitions: 1)
        let admin = try scene.admin()
        let wanted = TopicSpecification(name: scene.topic, partitions: 5)
        // A cluster takes a moment to know of a topic, and of its partitions; the time limit ends this if they never come.
        while try await admin.createTopics([wanted]).map(\.hasTooFewPartitions) != [true] {
            try await Task.sleep(for: .milliseconds(50))
        }
        try await admin.createPartitions(scene.topic, total: 5)
        while try await admin.createTopics([wanted]).map(\.hasTooFewPartitions) != [false] {
            try await Task.sleep(for: .milliseconds(50))
        }
        // A topic never loses partitions.
        await #expect(throws: KafkaError.self) { try await admin.createPartitions(scene.topic, total: 2) }
        await admin.close()
    }

    @Test func aTopicsOwnSettingsAreReadAndChanged() async throws {
        let scene = try await Scene.make()
        let admin = try scene.admin()
        try await admin.set(["retention.ms": "86400000"], on: scene.topic)
        // A cluster takes a moment to know of it; the time limit ends this.
        while try await admin.settings(of: [scene.topic, "no-such-topic"])
            != [scene.topic: ["retention.ms": "86400000"]]
        {
            try await Task.sleep(for: .milliseconds(50))
        }
        await admin.close()
    }

    @Test func lagCountsFromTheCommittedOffsets() async throws {
        let scene = try await Scene.make(partitions: 3)
        let offsets = try scene.offsets()
        // A cluster has yet to choose the group's coordinator.
        let none = try await retrying { try await offsets.lag(in: [scene.topic], timeout: .seconds(5)) }
        #expect(none == [scene.topic: 0])
        let producer = try scene.producer()
        try await scene.send(0..<60, with: producer)
        let topics = [scene.topic, "no-such-topic"]
        #expect(try await offsets.lag(in: topics, timeout: .seconds(5)) == [scene.topic: 60])

        let consumer = try scene.consumer()
        for record in try await consumer.next(60) where record.number != nil {
            // Of each partition the first half.
            if record.offset < 10 { try await consumer.storeOffset(record) }
        }
        #expect(await consumer.close(timeout: .seconds(30)))
        let lag = try await offsets.lag(in: topics, timeout: .seconds(5))
        let expected = try await remaining(scene)
        #expect(expected < 60)
        #expect(lag == [scene.topic: expected])
        await producer.close(timeout: .seconds(30))
        await offsets.close()
    }

    @Test func whatTheClusterHasIsAskedForSeldomAndMissingTopicsEachTime() async throws {
        let scene = try await Scene.make()
        let (remembering, asking) = (try scene.offsets(), try scene.offsets(memory: .zero))
        let late = "\(scene.topic)-late"
        for offsets in [remembering, asking] {
            let none = try await retrying { try await offsets.lag(in: [scene.topic, late], timeout: .seconds(5)) }
            #expect(none == [scene.topic: 0])
            _ = try await offsets.lag(in: [scene.topic], timeout: .seconds(5))
        }
        let admin = try scene.admin()
        try await admin.createPartitions(scene.topic, total: 3)
        try await admin.createTopics([TopicSpecification(name: late, partitions: 1)])
        while try await admin.metadata().topics[scene.topic]?.partitions != 3 {
            try await Task.sleep(for: .milliseconds(50))
        }
        let producer = try scene.producer()
        try await scene.send(0..<60, with: producer)
        // Its one partition alone: it was not told of the others.
        let known = try await remembering.lag(in: [scene.topic], timeout: .seconds(5))[scene.topic]
        #expect(try await asking.lag(in: [scene.topic], timeout: .seconds(5)) == [scene.topic: 60])
        #expect(known.map { $0 > 0 && $0 < 60 } == true)
        // Whatever made it ask, it remembers all that the answer told.
        _ = try await remembering.lag(in: ["\(scene.topic)-never"], timeout: .seconds(5))
        #expect(try await remembering.lag(in: [scene.topic], timeout: .seconds(5)) == [scene.topic: 60])
        let both = try await remembering.lag(in: [scene.topic, late], timeout: .seconds(5))
        #expect(both == [scene.topic: 60, late: 0])
        await producer.close(timeout: .seconds(30))
        await admin.close()
        for offsets in [remembering, asking] { await offsets.close() }
    }

    /// What a new member of the group gets.
    private func remaining(_ scene: Scene) async throws -> Int {
        let consumer = try scene.consumer()
        var count = 0
        while try await consumer.poll(timeout: .seconds(count == 0 ? 20 : 2)) != nil { count += 1 }
        #expect(await consumer.close(timeout: .seconds(30)))
        return count
    }

    @Test func withoutABrokerQuestionsEndWithARetriableError() async throws {
        let nowhere = KafkaConfiguration(brokers: "127.0.0.1:\(try LocalPort.free())", clientID: "mien-tests")
        let admin = try Admin(nowhere, logger: Scene.logger)
        let error = await #expect(throws: KafkaError.self) { try await admin.metadata(timeout: .milliseconds(200)) }
        #expect(error?.isRetriable == true)
        let creating = await #expect(throws: KafkaError.self) {
            try await admin.createTopics([TopicSpecification(name: "t", partitions: 1)], timeout: .milliseconds(200))
        }
        #expect(creating?.isRetriable == true)
        await admin.close()
        #expect(await #expect(throws: KafkaError.self) { try await admin.metadata() }?.code == .closed)

        let offsets = try GroupOffsets(nowhere, group: "g", logger: Scene.logger)
        let asking = await #expect(throws: KafkaError.self) {
            try await offsets.lag(in: ["t"], timeout: .milliseconds(200))
        }
        #expect(asking?.isRetriable == true)
        await offsets.close()
        let closed = await #expect(throws: KafkaError.self) { try await offsets.committed(in: ["t"], timeout: .zero) }
        #expect(closed?.code == .closed)
    }

    @Test(arguments: [
        ["no.such.property": "1"], ["linger.ms": "soon"], ["enable.idempotence": "false"], ["acks": "0"],
        ["client.id": "another"],
    ])
    func aWrongPropertyIsNamed(_ options: [String: String]) throws {
        let configuration = KafkaConfiguration(brokers: "127.0.0.1:1", clientID: "mien-tests", options: options)
        let error = #expect(throws: KafkaError.self) { try Producer(configuration, logger: Scene.logger) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.isRetriable == false)
        #expect(error?.reason.contains(options.keys.first ?? "?") == true)
        #expect(error?.description.contains("127.0.0.1") == false)
    }

    @Test func aConsumerKeepsItsOffsetsInItsOwnHands() throws {
        for (property, value) in [
            ("enable.auto.offset.store", "true"), ("partition.assignment.strategy", "cooperative-sticky"),
        ] {
            let configuration = KafkaConfiguration(brokers: "127.0.0.1:1", clientID: "t").setting(property, to: value)
            let error = #expect(throws: KafkaError.self) {
                try Consumer(configuration, group: "g", topics: ["t"], logger: Scene.logger)
            }
            #expect(error?.reason.contains(property) == true)
        }
    }

    @Test func librdkafkasLevelsBecomeOurs() {
        let levels: [Logger.Level] = [.critical, .critical, .critical, .warning, .warning, .notice, .info, .debug]
        #expect((0...7).map(ClientContext.level(syslog:)) == levels)
    }
}
