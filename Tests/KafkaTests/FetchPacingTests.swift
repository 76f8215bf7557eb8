import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct FetchPacingTests {
    @Test(arguments: [0, 1]) func anIdleConsumerAsksABrokerThatDoesNotWaitInMeasure(_ records: Int) async throws {
        let scene = try await Scene.make()
        let producer = try scene.producer()
        try await scene.send(0..<records, with: producer)
        let consumer = try scene.consumer()
        while consumer.assignment.isEmpty { _ = try await consumer.poll(timeout: .milliseconds(100)) }
        _ = try await consumer.next(records)
        let before = consumer.fetchRequests
        #expect(try await consumer.poll(timeout: .seconds(1))?.offset == nil)
        // At most 200 a second, against 20,000 and more unpaced.
        #expect(consumer.fetchRequests - before < 1_000)

        // It is not deaf.
        let sent = try await producer.send(topic: scene.topic, key: nil, value: [1])
        #expect(try await consumer.next().offset == sent.offset)
        #expect(await consumer.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
    }

    @Test func onlyQuickAnswersWithoutRecordsAreHeld() {
        let pacing = FetchPacing()
        pacing.sent(1, size: 105)
        pacing.sent(3, size: 5_000)
        #expect(pacing.isEmptyAndAtOnce(1, size: 87, microseconds: 300))
        #expect(!pacing.isEmptyAndAtOnce(1, size: 87 + 75, microseconds: 300), "It carries a record.")
        #expect(!pacing.isEmptyAndAtOnce(1, size: 87, microseconds: 500_000), "The broker has waited.")
        #expect(!pacing.isEmptyAndAtOnce(1, size: 87, microseconds: -1), "It is no answer.")
        #expect(!pacing.isEmptyAndAtOnce(9, size: 87, microseconds: 300), "It answers another question.")
    }
}
