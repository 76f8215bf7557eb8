import Contracts
import Foundation
import Kafka

@testable import WorkerCore

/// Reads results as they come.
actor ResultReader {
    private let consumer: Consumer
    private var all: [ResultMessage] = []

    init(_ scene: Scene) throws {
        consumer = try Consumer(
            .init(brokers: scene.brokers, clientID: "tests"), group: "tests-\(UUID().uuidString)",
            topics: [scene.topics.results], logger: Scene.logger)
    }

    /// All results so far; waits a moment for more.
    func results() async throws -> [ResultMessage] {
        while let record = try await next() { all.append(try ResultMessage.decode(record.value ?? [])) }
        return all
    }

    func close() async {
        _ = await consumer.close(timeout: .seconds(5))
    }

    private func next() async throws -> Record? {
        do { return try await consumer.poll(timeout: .milliseconds(100)) } catch let error as KafkaError
            where error.isRetriable
        { return nil }
    }
}
