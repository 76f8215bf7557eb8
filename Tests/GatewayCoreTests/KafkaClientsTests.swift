import Kafka
import Logging
import Testing

@testable import GatewayCore

@Suite struct KafkaClientsTests {
    /// When another service fails, or the shutdown takes too long, the group is cancelled.
    @Test func theClientsAreClosedWhenTheGroupIsCancelled() async throws {
        let configuration = KafkaConfiguration(brokers: "127.0.0.1:1", clientID: "mien-tests")
        let logger = Logger(label: "tests")
        let clients = KafkaClients(
            producer: try Producer(configuration, logger: logger), admin: try Admin(configuration, logger: logger),
            groups: [try GroupOffsets(configuration, group: "g", logger: logger)])
        let running = Task { try await clients.run() }
        running.cancel()
        try await running.value
        let error = await #expect(throws: KafkaError.self) {
            try await clients.producer.send(topic: "t", key: nil, value: [1])
        }
        #expect(error?.code == .closed)
    }
}
