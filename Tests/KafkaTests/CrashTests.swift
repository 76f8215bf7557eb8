import Foundation
import TestSupport
import Testing

@testable import Kafka

/// Each test has a broker of its own, and breaks it.
@Suite(.timeLimit(.minutes(2)), .serialized) struct BrokenBroker {
    @Test func sendersAndConsumersOutliveAKilledBroker() async throws {
        let broker = try await PrivateBroker.start()
        let scene = try await Scene.make(on: broker)
        let producer = try scene.producer(["delivery.timeout.ms": "20000"])
        let consumer = try scene.consumer()
        try await scene.send(0..<50, with: producer)
        for record in try await consumer.next(50) { try await consumer.storeOffset(record) }

        let sending = Task {
            try await withThrowingTaskGroup(of: Result<Delivery, any Error>.self) { tasks in
                for number in 50..<1_050 {
                    tasks.addTask {
                        try await Task.sleep(for: .milliseconds(number))
                        return await Result {
                            try await producer.send(topic: scene.topic, key: nil, value: Array("\(number)".utf8))
                        }
                    }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
        }
        // In the middle of it.
        while producer.outstanding == 0 { try await Task.sleep(for: .milliseconds(1)) }
        await broker.kill()
        try await Task.sleep(for: .milliseconds(300))
        try await broker.restart()
        // The broker may have lost the topic with its disk.
        try await scene.createTopic()
        let outcomes = try await sending.value
        #expect(outcomes.count == 1_000)
        for case .failure(let error) in outcomes {
            #expect((error as? KafkaError)?.isRetriable == true, "\(error)")
        }

        _ = try await producer.send(topic: scene.topic, key: nil, value: Array("last".utf8))
        // Whatever offset the broker has kept for the group: a record sent now is delivered.
        while try await consumer.nextIgnoringRetriable().value != Array("last".utf8) {}
        #expect(await consumer.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
        await broker.stop()
    }

    @Test func pollReturnsByItsTimeoutWithoutABroker() async throws {
        let broker = try await PrivateBroker.start()
        let scene = try await Scene.make(on: broker)
        let consumer = try scene.consumer()
        while consumer.assignment.isEmpty { _ = try await consumer.poll(timeout: .milliseconds(100)) }
        await broker.kill()
        // An endless wait would end by the time limit.
        for _ in 0..<10 {
            #expect(try await consumer.pollIgnoringRetriable(timeout: .milliseconds(150))?.offset == nil)
        }
        _ = await consumer.close(timeout: .seconds(3))
        await broker.stop()
    }

    @Test func closingAConsumerIsBoundedWhileTheBrokerHangs() async throws {
        let broker = try await PrivateBroker.start()
        let scene = try await Scene.make(on: broker)
        let producer = try scene.producer()
        try await scene.send(0..<3, with: producer)
        await producer.close(timeout: .seconds(30))
        let consumer = try scene.consumer(["auto.commit.interval.ms": "3600000"])
        try await consumer.storeOffset(try await consumer.next())
        await broker.pause()
        // The stored offset cannot be committed: nobody answers.
        #expect(await consumer.close(timeout: .seconds(1)) == false)
        await broker.resume()
        await broker.stop()
    }

    @Test func closingAProducerIsBoundedWhileTheBrokerHangs() async throws {
        let broker = try await PrivateBroker.start()
        let scene = try await Scene.make(on: broker)
        let producer = try scene.producer()
        try await scene.send(0..<1, with: producer)
        while producer.outstanding > 0 { try await Task.sleep(for: .milliseconds(1)) }
        await broker.pause()
        let sending = Task { try await producer.send(topic: scene.topic, key: nil, value: [1]) }
        while producer.outstanding == 0 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(await producer.close(timeout: .milliseconds(500)) == false)
        let error = await #expect(throws: KafkaError.self) { try await sending.value }
        #expect(error?.isRetriable == true)
        let refusal = await #expect(throws: KafkaError.self) {
            try await producer.send(topic: scene.topic, key: nil, value: [2])
        }
        #expect(refusal?.code == .closed)
        await broker.resume()
        await broker.stop()
    }

    @Test func aConsumerBeginsAnewAfterTheBrokerLostItsDisk() async throws {
        let broker = try await PrivateBroker.start()
        let scene = try await Scene.make(on: broker)
        let producer = try scene.producer()
        try await scene.send(0..<20, with: producer)
        let consumer = try scene.consumer()
        for record in try await consumer.next(20) { try await consumer.storeOffset(record) }
        try await broker.wipe()
        try await scene.createTopic()
        let sent = try await retrying { try await producer.send(topic: scene.topic, key: nil, value: [7]) }
        #expect(sent.offset == 0)
        #expect(try await consumer.nextIgnoringRetriable().value == [7])
        #expect(await consumer.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
        await broker.stop()
    }
}

/// Calls again as long as the error says that this may help.
func retrying<R: Sendable>(_ body: () async throws -> R) async throws -> R {
    while true {
        do {
            return try await body()
        } catch let error as KafkaError where error.isRetriable {
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

extension Consumer {
    /// A poll in which a retriable error counts as no record.
    func pollIgnoringRetriable(timeout: Duration) async throws -> Record? {
        do {
            return try await poll(timeout: timeout)
        } catch let error as KafkaError where error.isRetriable {
            return nil
        }
    }

    func nextIgnoringRetriable() async throws -> Record {
        while true {
            if let record = try await pollIgnoringRetriable(timeout: .seconds(1)) { return record }
        }
    }
}
