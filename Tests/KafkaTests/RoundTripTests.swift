import Foundation
import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct RoundTrip {
    @Test func keysValuesAndHeadersArriveAsTheyWereSent() async throws {
        let scene = try await Scene.make()
        let producer = try scene.producer()
        let before = Date.now.addingTimeInterval(-1)
        let delivery = try await producer.send(
            topic: scene.topic, key: Array("key".utf8), value: [0, 1, 255],
            headers: [("kind", Array("job".utf8)), ("empty", []), ("kind", [0, 9])])
        #expect(delivery == Delivery(partition: 0, offset: 0))

        let consumer = try scene.consumer()
        let record = try await consumer.next()
        #expect(record.topic == scene.topic)
        #expect(record.partition == 0)
        #expect(record.offset == 0)
        #expect(record.key == Array("key".utf8))
        #expect(record.value == [0, 1, 255])
        #expect(record.headers.map(\.0) == ["kind", "empty", "kind"])
        #expect(record.headers.map(\.1) == [Array("job".utf8), [], [0, 9]])
        #expect(record.header("kind") == [0, 9])
        #expect(record.header("none") == nil)
        #expect(try #require(record.timestamp) > before)
        #expect(await consumer.close(timeout: .seconds(30)))
        #expect(await producer.close(timeout: .seconds(30)))
    }

    @Test func nothingIsNotTheSameAsEmpty() async throws {
        let scene = try await Scene.make()
        let producer = try scene.producer()
        _ = try await producer.send(topic: scene.topic, key: nil, value: nil)
        _ = try await producer.send(topic: scene.topic, key: [], value: [])
        let consumer = try scene.consumer()
        let records = try await consumer.next(2)
        #expect(records.map(\.key) == [nil, []])
        #expect(records.map(\.value) == [nil, []])
        #expect(records[0].headers.isEmpty)
        #expect(await consumer.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
    }

    @Test func resultsOfNearlyAMegabyteArriveWhole() async throws {
        let scene = try await Scene.make()
        let producer = try scene.producer()
        let values = (0..<20).map { seed in (0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed) } }
        for value in values { _ = try await producer.send(topic: scene.topic, key: nil, value: value) }
        let consumer = try scene.consumer()
        #expect(try await consumer.next(values.count).map(\.value) == values)
        #expect(await consumer.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
    }

    @Test func aMessageTooLargeForTheClientIsATypedError() async throws {
        let scene = try await Scene.make()
        let producer = try scene.producer()
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(topic: scene.topic, key: nil, value: [UInt8](repeating: 0, count: 2_000_000))
        }
        #expect(error?.code == .messageTooLarge)
        #expect(error?.isRetriable == false)
        await producer.close(timeout: .seconds(30))
    }

    @Test func aMessageTooLargeForTheTopicIsATypedError() async throws {
        let scene = try await Scene.make()
        let small = scene.topic + "-small"
        let admin = try scene.admin()
        try await admin.createTopics([
            TopicSpecification(name: small, partitions: 1, configuration: ["max.message.bytes": "10000"])
        ])
        let producer = try scene.producer()
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(topic: small, key: nil, value: [UInt8](repeating: 0, count: 50_000))
        }
        #expect(error?.code == .messageTooLarge)
        #expect(error?.isRetriable == false)
        _ = try await producer.send(topic: small, key: nil, value: [UInt8](repeating: 0, count: 5_000))
        await producer.close(timeout: .seconds(30))
        await admin.close()
    }

    @Test func sendersWaitWhenTheQueueIsFullAndAllAreSent() async throws {
        let scene = try await Scene.make(partitions: 2)
        // Room for ten messages: most of the senders below find it full.
        let producer = try scene.producer(["queue.buffering.max.messages": "10"])
        try await scene.send(0..<500, with: producer)
        let consumer = try scene.consumer()
        let numbers = try await consumer.next(500).compactMap(\.number)
        #expect(numbers.sorted() == Array(0..<500))
        #expect(await consumer.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
    }

    @Test func aMessageThatFitsNoQueueFailsInsteadOfWaiting() async throws {
        let scene = try await Scene.make()
        let producer = try scene.producer(["queue.buffering.max.kbytes": "100"])
        let error = await #expect(throws: KafkaError.self) {
            try await producer.send(topic: scene.topic, key: nil, value: [UInt8](repeating: 0, count: 500_000))
        }
        #expect(error?.code == .messageTooLarge)
        await producer.close(timeout: .seconds(30))
    }
}
