import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct Deletion {
    @Test func whatAGroupHasCommittedIsDeletedAndTheRestIsStillDelivered() async throws {
        let scene = try await Scene.make(partitions: 2)
        let producer = try scene.producer()
        try await scene.send(0..<40, with: producer)
        let reader = try scene.consumer()
        let records = try await reader.next(40)
        for record in records.prefix(30) { try await reader.storeOffset(record) }
        #expect(await reader.close(timeout: .seconds(20)))
        let admin = try scene.admin()
        let offsets = try scene.offsets()
        let committed = try await offsets.committed(in: [scene.topic], timeout: .seconds(5))
        #expect(committed.values.reduce(0, +) == 30)
        try await admin.deleteRecords(before: committed)
        // Again, and for a place that is gone already: no error.
        try await admin.deleteRecords(before: committed)

        // Another group, from the beginning: only what is left.
        let other = try Consumer(
            scene.configuration(), group: scene.group + "-other", topics: [scene.topic], logger: Scene.logger)
        let left = Set(try await other.next(10).compactMap(\.number))
        #expect(left == Set(records.suffix(10).compactMap(\.number)))
        _ = await other.close(timeout: .seconds(20))

        // The group itself goes on where it was, also for what comes.
        try await scene.send(40..<50, with: producer)
        let next = try scene.consumer()
        #expect(Set(try await next.next(20).compactMap(\.number)) == left.union(40..<50))
        _ = await next.close(timeout: .seconds(20))
        await offsets.close()
        await admin.close()
        await producer.close(timeout: .seconds(5))
    }

    @Test func deletingFromATopicThatIsNotThereIsAnError() async throws {
        let scene = try await Scene.make()
        let admin = try scene.admin()
        await #expect(throws: KafkaError.self) {
            try await admin.deleteRecords(before: [TopicPartition(topic: "nobody-made-it", partition: 0): 5])
        }
        await admin.close()
        let offsets = try scene.offsets()
        #expect(try await offsets.committed(in: ["nobody-made-it"], timeout: .seconds(5)).isEmpty)
        await offsets.close()
    }
}
