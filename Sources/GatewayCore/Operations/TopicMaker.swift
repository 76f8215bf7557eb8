import Contracts
import Kafka

/// Makes the topics, where they are not there. Nothing is sent before: a broker may make a topic for its first message, with
/// a single partition, which keeps a single worker process busy.
struct TopicMaker: Sendable {
    let admin: Admin
    let producer: Producer
    let topics: Topics
    let partitions: Int
    let replication: Int

    /// - Throws: a `KafkaError` when the broker cannot be reached or refuses.
    func make() async throws {
        try await admin.createTopics(topics.all.map(specification))
        producer.lookUp([topics.jobsInteractive, topics.jobsBulk])
    }

    private func specification(_ name: String) -> TopicSpecification {
        // Of heartbeats only the newest count, in one order and for a while.
        name == topics.workers
            ? TopicSpecification(
                name: name, partitions: 1, replicationFactor: replication, configuration: ["retention.ms": "3600000"])
            : TopicSpecification(name: name, partitions: partitions, replicationFactor: replication)
    }
}
