package import Kafka

/// What is not as Mien would make a topic, and why that matters.
package struct TopicFinding: Sendable, Hashable, CustomStringConvertible {
    /// How much it matters.
    package enum Severity: Sendable {
        /// Photos wait, or are lost with a broker.
        case problem
        /// Nothing is lost or late by it.
        case warning
    }

    package let severity: Severity
    /// The topic, what is so, what follows, and what to do.
    package let description: String

    /// Compares the topics that are there with those that the gateway would make.
    ///
    /// - Parameters:
    ///   - wanted: the topics as they are made.
    ///   - present: the cluster's topics by their names.
    ///   - settings: what is set on each topic itself; nil where the broker does not tell.
    package static func all(
        _ wanted: [TopicSpecification], present: [String: ClusterMetadata.Topic], settings: [String: [String: String]]?
    ) -> [TopicFinding] {
        wanted.flatMap { wanted -> [TopicFinding] in
            guard let topic = present[wanted.name] else {
                return [
                    TopicFinding(.problem, "The topic \(wanted.name) is missing. The gateway makes it when it runs.")
                ]
            }
            return partitions(of: topic, wanted) + copies(of: topic, wanted)
                + (settings?[wanted.name].map { differences(of: $0, wanted) } ?? [])
        }
    }

    private init(_ severity: Severity, _ description: String) {
        self.severity = severity
        self.description = description
    }

    private static func partitions(of topic: ClusterMetadata.Topic, _ wanted: TopicSpecification) -> [TopicFinding] {
        guard topic.partitions < wanted.partitions else { return [] }
        return [
            TopicFinding(
                .problem,
                """
                The topic \(wanted.name) has \(topic.partitions) partition(s) in place of \(wanted.partitions), so that only as many \
                worker processes work at once. The gateway adds them when it runs; or set MIEN_KAFKA_PARTITIONS.
                """)
        ]
    }

    /// A topic is never given more copies by a setting: `min.insync.replicas` above their number counts as their number
    /// (Kafka 4.3.1), so that one copy is taken for two.
    private static func copies(of topic: ClusterMetadata.Topic, _ wanted: TopicSpecification) -> [TopicFinding] {
        if topic.copies < wanted.replicationFactor {
            return [
                TopicFinding(
                    .problem,
                    """
                    The topic \(wanted.name) has \(topic.copies) \(noun(topic.copies)) in place of \(wanted.replicationFactor): what waits in it \
                    is lost with the brokers that hold \(topic.copies == 1 ? "it" : "them"). Add copies with kafka-reassign-partitions.sh, or set \
                    MIEN_KAFKA_REPLICATION to what is meant.
                    """)
            ]
        }
        guard topic.copiesInStep < topic.copies else { return [] }
        let needed = wanted.configuration["min.insync.replicas"].flatMap { Int($0) } ?? 1
        let behind =
            "Of the \(topic.copies) copies of the topic \(wanted.name) \(topic.copiesInStep) \(topic.copiesInStep == 1 ? "is" : "are") up to date"
        if topic.copiesInStep < needed {
            return [
                TopicFinding(
                    .problem,
                    "\(behind), and \(needed) are needed: it takes nothing, and photos wait. Start the brokers that are away."
                )
            ]
        }
        return [TopicFinding(.warning, "\(behind): a broker is away, or has yet to catch up.")]
    }

    private static func differences(
        of settings: [String: String], _ wanted: TopicSpecification
    ) -> [TopicFinding] {
        if settings["cleanup.policy"]?.contains("compact") == true {
            return [TopicFinding(.problem, ForeignTopic(name: wanted.name).description)]
        }
        let other = wanted.configuration.sorted { $0.key < $1.key }.filter { settings[$0.key] != $0.value }
        guard !other.isEmpty else { return [] }
        let list = other.map { name, value in
            "\(name) \(settings[name].map { "is \($0)" } ?? "is not set") (Mien sets \(value))"
        }
        return [
            TopicFinding(
                .warning,
                """
                Of the topic \(wanted.name), \(list.joined(separator: ", ")). \(reason(other.map(\.key))) The gateway sets it \
                when it starts, if the broker lets its user alter topics.
                """)
        ]
    }

    private static func reason(_ names: [String]) -> String {
        names.contains("min.insync.replicas")
            ? "A message may be acknowledged by fewer copies than are meant, and be lost with them."
            : "What is done with stays on the broker's disk for longer."
    }

    private static func noun(_ count: Int) -> String { count == 1 ? "copy" : "copies" }
}
