import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(2))) struct Supervision {
    private func member(of scene: Scene) -> (SupervisedConsumer, AsyncStream<Consumer>) {
        let (made, make) = AsyncStream<Consumer>.makeStream()
        let member = SupervisedConsumer(logger: Scene.logger) {
            // Its successor takes the place of the one that is lost, which does not leave.
            let consumer = try scene.consumer(["group.instance.id": "one"])
            make.yield(consumer)
            return consumer
        }
        return (member, made)
    }

    private func next(_ member: SupervisedConsumer) async throws -> Record {
        while true {
            if let record = try? await member.poll(timeout: .seconds(1)) { return record }
        }
    }

    @Test func aConsumerThatCannotGoOnIsReplacedAndNothingIsLost() async throws {
        let scene = try await Scene.make()
        let producer = try scene.producer()
        try await scene.send(0..<3, with: producer)
        let (member, made) = member(of: scene)
        var consumers = made.makeAsyncIterator()
        guard case .waiting = member.condition else { return #expect(Bool(false), "It has not joined yet.") }
        let first = try await next(member)
        #expect(member.condition == .working)
        #expect(first.offset == 0)

        let lost = try #require(await consumers.next())
        raiseFatalError(on: lost.handle.pointer)
        var error: KafkaError?
        // What was fetched before may still come; then the error is told, not passed over.
        while error == nil {
            do { _ = try await member.poll(timeout: .seconds(1)) } catch let failure as KafkaError { error = failure }
        }
        #expect(error?.isFatal == true)
        #expect(member.replacements == 1)
        guard case .waiting = member.condition else { return #expect(Bool(false), "It is not in its group.") }

        // Another one reads on from what was committed, which is nothing; the record of before is no longer its to store.
        let again = try await next(member)
        #expect(again.offset == 0)
        #expect(await consumers.next() !== lost)
        #expect(try await member.storeOffset(first) == .stale)
        #expect(try await member.storeOffset(again) == .stored)
        #expect(member.condition == .working)
        #expect(await member.close(timeout: .seconds(20)))
        #expect(await #expect(throws: KafkaError.self) { try await member.poll(timeout: .zero) }?.code == .closed)
        await producer.close(timeout: .seconds(5))
    }

    @Test func aFatalErrorIsToldEveryTime() async throws {
        let scene = try await Scene.make()
        let consumer = try scene.consumer()
        raiseFatalError(on: consumer.handle.pointer)
        for _ in 0..<3 {
            let error = await #expect(throws: KafkaError.self) {
                while true { _ = try await consumer.poll(timeout: .milliseconds(300)) }
            }
            #expect(error?.isFatal == true)
        }
        _ = await consumer.close(timeout: .seconds(5))
    }

    @Test func withoutABrokerItSaysSinceWhenItWaits() async throws {
        let nowhere = KafkaConfiguration(brokers: "127.0.0.1:\(try LocalPort.free())", clientID: "mien-tests")
        let member = SupervisedConsumer(logger: Scene.logger) {
            try Consumer(nowhere, group: "g", topics: ["t"], logger: Scene.logger)
        }
        let start = ContinuousClock.now
        for _ in 0..<3 { _ = try? await member.poll(timeout: .milliseconds(300)) }
        guard case .waiting(let since) = member.condition else { return #expect(Bool(false), "There is no broker.") }
        #expect(since <= start)
        #expect(member.replacements == 0)
        _ = await member.close(timeout: .seconds(5))
    }
}
