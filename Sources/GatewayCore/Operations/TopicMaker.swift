import Contracts
import Kafka

/// Makes the topics, where they are not there. Nothing is sent before: a broker may make a topic for its first message, with
/// a single partition, which keeps a single worker process busy. One that a broker has made so gets the others.
struct TopicMaker: Sendable {
    let admin: Admin
    let producer: Producer
    let topics: Topics
    let specifications: [TopicSpecification]

    /// - Throws: a `KafkaError` when the broker cannot be reached or refuses.
    func make() async throws {
        for topic in try await admin.createTopics(specifications) where topic.hasTooFewPartitions {
            try await admin.createPartitions(topic.name, total: topic.wantedPartitions)
        }
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
            if isHeartbeats || topics.readers.contains(where: { $0.topic == name }) {
                // A closed segment is what a broker can delete: Kafka's own defaults, 1 GiB and a week, would keep people's
                // pictures that long (https://kafka.apache.org/documentation/#topicconfigs).
                settings["segment.bytes"] = "\(16 << 20)"
                settings["segment.ms"] = "3600000"
                // Of heartbeats only the newest count, in one order and for a while.
                settings["retention.ms"] = isHeartbeats ? "3600000" : "86400000"
            }
            return TopicSpecification(
                name: name, partitions: isHeartbeats ? 1 : topicPartitions, replicationFactor: topicReplication,
                configuration: settings)
        }
    }
}
