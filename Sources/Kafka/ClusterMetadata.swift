import CRdKafka

/// What a cluster says of itself.
public struct ClusterMetadata: Sendable, Hashable {
    /// A broker of the cluster.
    public struct Broker: Sendable, Hashable {
        /// Its number.
        public let id: Int32
        /// The address that it tells clients to use.
        public let address: String
    }

    /// A topic of the cluster.
    public struct Topic: Sendable, Hashable {
        /// How many partitions it has.
        public let partitions: Int
        /// On how many brokers each partition is kept; of partitions that differ, the fewest.
        public let copies: Int
        /// How many of a partition's copies hold all that was acknowledged; of partitions that differ, the fewest.
        public let copiesInStep: Int

        /// Describes a topic.
        public init(partitions: Int, copies: Int, copiesInStep: Int) {
            self.partitions = partitions
            self.copies = copies
            self.copiesInStep = copiesInStep
        }

        init(_ topic: rd_kafka_metadata_topic) {
            let all = (0..<Int(topic.partition_cnt)).map { topic.partitions[$0] }
            self.init(
                partitions: all.count, copies: all.map { Int($0.replica_cnt) }.min() ?? 0,
                copiesInStep: all.map { Int($0.isr_cnt) }.min() ?? 0)
        }
    }

    /// The brokers that are up.
    public let brokers: [Broker]
    /// The topics by their names.
    public let topics: [String: Topic]

    /// Asks a broker through any client.
    init(asking handle: KafkaHandle, timeout: Duration) throws {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let error = rd_kafka_metadata(handle.pointer, 1, nil, &answer, timeout.milliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw handle.context.error(error) }
        defer { rd_kafka_metadata_destroy(answer) }
        self.init(answer.pointee)
    }

    init(_ metadata: rd_kafka_metadata) {
        brokers = (0..<Int(metadata.broker_cnt)).map { index in
            let broker = metadata.brokers[index]
            return Broker(id: broker.id, address: "\(String(cString: broker.host)):\(broker.port)")
        }
        let topics = (0..<Int(metadata.topic_cnt)).map { metadata.topics[$0] }
        self.topics = Dictionary(
            topics.filter { $0.err == RD_KAFKA_RESP_ERR_NO_ERROR }.map {
                (String(cString: $0.topic), Topic($0))
            }
        ) { first, _ in first }
    }
}

/// A topic to create.
public struct TopicSpecification: Sendable, Hashable {
    /// The topic's name.
    public let name: String
    /// How many partitions; as many consumers of a group can share the topic.
    public let partitions: Int
    /// On how many brokers each partition is kept.
    public let replicationFactor: Int
    /// Topic settings of the broker, such as `retention.ms`.
    public let configuration: [String: String]

    /// Describes a topic.
    public init(name: String, partitions: Int, replicationFactor: Int = 1, configuration: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replicationFactor = replicationFactor
        self.configuration = configuration
    }
}

/// What became of a topic that was to be created.
public struct TopicReport: Sendable, Hashable {
    /// The topic's name.
    public let name: String
    /// False when it was there before.
    public let wasCreated: Bool
    /// The partitions that it has; nil when the cluster did not tell yet.
    public let partitions: Int?
    /// The partitions that were asked for.
    public let wantedPartitions: Int

    /// It was there before, with fewer partitions than asked for, and so serves fewer consumers at once.
    public var hasTooFewPartitions: Bool { (partitions ?? wantedPartitions) < wantedPartitions }
}
