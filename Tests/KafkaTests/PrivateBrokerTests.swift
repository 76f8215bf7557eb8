import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct ThePrivateBroker {
    @Test func aGracefulRestartKeepsWhatWasSent() async throws {
        let broker = try await PrivateBroker.start()
        let scene = try await Scene.make(on: broker)
        let producer = try scene.producer()
        try await scene.send(0..<10, with: producer)
        try await broker.restart()
        let consumer = try scene.consumer()
        var numbers: [Int?] = []
        while numbers.count < 10 { numbers.append(try await consumer.nextIgnoringRetriable().number) }
        #expect(Set(numbers) == Set(0..<10))
        #expect(await consumer.close(timeout: .seconds(30)))
        await producer.close(timeout: .seconds(30))
        await broker.stop()
    }
}
