package import Contracts
package import Kafka
package import Logging

/// Makes the topics, where they are not there. Nothing is sent before: a broker may make a topic for its first message, with
/// a single partition, which keeps a single worker process busy. One that a broker has made so gets the others.
package struct TopicMaker: Sendable {
    package let admin: Admin
    package let producer: Producer
    package let topics: Topics
    package let specifications: [TopicSpecification]
    package let logger: Logger

    package init(
        admin: Admin, producer: Producer, topics: Topics, specifications: [TopicSpecification], logger: Logger
    ) {
        self.admin = admin
        self.producer = producer
        self.topics = topics
        self.specifications = specifications
        self.logger = logger
    }

    /// - Throws: a `KafkaError` when the broker cannot be reached or refuses.
    package func make() async throws {
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

/// How topics are made.
package struct TopicSettings: Sendable {
    package let partitions: Int
    package let replication: Int
    /// How many copies a message must reach to be taken; nil for the broker's own setting.
    package let minInSync: Int?

    package init(partitions: Int, replication: Int, minInSync: Int?) {
        self.partitions = partitions
        self.replication = replication
        self.minInSync = minInSync
    }

    /// The topics as they are made.
    package func specifications(of topics: Topics) -> [TopicSpecification] {
        topics.all.map { name in
            var settings: [String: String] = [:]
            if let minInSync { settings["min.insync.replicas"] = "\(minInSync)" }
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
                name: name, partitions: isHeartbeats ? 1 : partitions, replicationFactor: replication,
                configuration: settings)
        }
    }
}
