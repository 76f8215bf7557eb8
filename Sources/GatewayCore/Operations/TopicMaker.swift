import Contracts
import Kafka
import Logging

/// Makes the topics, where they are not there. Nothing is sent before: a broker may make a topic for its first message, with
/// a single partition, which keeps a single worker process busy. One that a broker has made so gets the others.
struct TopicMaker: Sendable {
    let admin: Admin
    let producer: Producer
    let topics: Topics
    let specifications: [TopicSpecification]
    let logger: Logger

    /// - Throws: a `KafkaError` when the broker cannot be reached or refuses.
    func make() async throws {
        for topic in try await admin.createTopics(specifications) where topic.hasTooFewPartitions {
            try await admin.createPartitions(topic.name, total: topic.wantedPartitions)
        }
        producer.lookUp([topics.jobsInteractive, topics.jobsBulk])
    }

    /// Gives topics that are there already the settings that they would be made with; others that an operator has set on
    /// them stay.
    ///
    /// - Throws: ``ForeignTopic``.
    func alignSettings() async throws {
        do {
            let present = try await admin.settings(of: topics.all)
            for (topic, settings) in present where settings["cleanup.policy"]?.contains("compact") == true {
                throw ForeignTopic(name: topic)
            }
            for wanted in specifications {
                guard let settings = present[wanted.name] else { continue }
                let aligned = settings.merging(wanted.configuration) { _, ours in ours }
                guard aligned != settings else { continue }
                try await admin.set(aligned, on: wanted.name)
                logger.notice("A topic's settings were changed", metadata: ["kafka.topic": "\(wanted.name)"])
            }
        } catch let error as KafkaError {
            // Not every broker lets us; it works all the same, and keeps more on its disk.
            logger.warning(
                "The topics' settings could not be read or changed",
                metadata: ["kafka.error": "\(error.debugDescription)"])
        }
    }
}

/// A topic of somebody else's under one of our names.
struct ForeignTopic: Error, CustomStringConvertible {
    let name: String

    var description: String {
        """
        The topic \(name) is compacted (cleanup.policy), so it is not Mien's and jobs would vanish from it: \
        set MIEN_KAFKA_TOPIC_PREFIX, or delete the topic.
        """
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
