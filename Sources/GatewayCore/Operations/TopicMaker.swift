import Contracts
import Kafka

/// Makes the topics, where they are not there. Nothing is sent before: a broker may make a topic for its first message, with
/// a single partition, which keeps a single worker process busy.
struct TopicMaker: Sendable {
    let admin: Admin
    let producer: Producer
    let topics: Topics
    let specifications: [TopicSpecification]

    /// - Throws: a `KafkaError` when the broker cannot be reached or refuses.
    func make() async throws {
        try await admin.createTopics(specifications)
        producer.lookUp([topics.jobsInteractive, topics.jobsBulk])
    }
}

extension GatewayConfiguration {
    /// The topics as they are made.
    func specifications(of topics: Topics) -> [TopicSpecification] {
        topics.all.map { name in
            var settings: [String: String] = [:]
            if let topicMinInSync { settings["min.insync.replicas"] = "\(topicMinInSync)" }
            let isHeartbeats = name == topics.workers
            // Of heartbeats only the newest count, in one order and for a while.
            if isHeartbeats { settings["retention.ms"] = "3600000" }
            return TopicSpecification(
                name: name, partitions: isHeartbeats ? 1 : topicPartitions, replicationFactor: topicReplication,
                configuration: settings)
        }
    }
}
