import Blocking
import CRdKafka
public import Logging

/// Tells how far a consumer group is: what it has committed, and how much is left after that.
///
/// It asks through a consumer of the group that never subscribes and so never becomes a member. The admin client's request
/// for a group's offsets is used nowhere: up to librdkafka 2.16.0 at least, it can end the process when the group's
/// coordinator moves or comes back meanwhile (librdkafka's issue 5040).
///
/// Its calls run one after the other on a thread of its own, each question at most as long as its timeout.
///
/// - Important: Close it: only that ends its client at a known time.
public actor GroupOffsets {
    private nonisolated let executor: BlockingExecutor
    /// The client's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The group's name.
    public nonisolated let group: String
    private let handle: KafkaHandle
    private let memory: Duration
    /// The cluster's topics, and when it told of them.
    private var known: (topics: [String: ClusterMetadata.Topic], at: ContinuousClock.Instant)?
    private var isClosed = false

    /// Makes a client. Brokers are looked for in the background.
    ///
    /// - Parameter memory: For so long it does not ask again how many partitions a topic has.
    /// - Throws: ``KafkaError`` with code `invalidConfiguration`.
    public init(
        _ configuration: KafkaConfiguration, group: String, memory: Duration = .seconds(60), logger: Logger
    ) throws {
        executor = BlockingExecutor(label: "kafka-offsets")
        self.group = group
        self.memory = memory
        let context = ClientContext(logger: logger, clientID: configuration.clientID)
        handle = try KafkaHandle(
            RD_KAFKA_CONSUMER, role: .observer(group: group), configuration: configuration, context: context)
    }

    /// Ends the client.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        handle.destroy(flags: RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    /// The offsets that the group has committed, for the topics' partitions where it has committed any.
    ///
    /// - Parameter timeout: For each of the two questions to the brokers.
    /// - Throws: ``KafkaError``.
    public func committed(in topics: [String], timeout: Duration) throws -> [TopicPartition: Int64] {
        try committed(try partitions(of: topics, timeout), timeout)
    }

    /// How far the group is behind: by topic, the number of records after its committed offsets.
    ///
    /// A partition that the group has not committed yet counts from its beginning: a group that never commits is behind by
    /// all that is kept. Topics that are not there are missing in the answer.
    ///
    /// - Parameter timeout: For each of the four questions to the brokers.
    /// - Throws: ``KafkaError``.
    public func lag(in topics: [String], timeout: Duration) throws -> [String: Int] {
        let partitions = try partitions(of: topics, timeout)
        let committed = try committed(partitions, timeout)
        let first = try offsets(of: partitions, at: RD_KAFKA_OFFSET_BEGINNING, timeout)
        let next = try offsets(of: partitions, at: RD_KAFKA_OFFSET_END, timeout)
        return partitions.reduce(into: [:]) { lags, partition in
            let low = first[partition] ?? 0
            // What was deleted before it was read is not behind any more.
            let position = max(committed[partition] ?? low, low)
            lags[partition.topic, default: 0] += Int(max(0, (next[partition] ?? position) - position))
        }
    }

    private func committed(
        _ partitions: [TopicPartition], _ timeout: Duration
    ) throws -> [TopicPartition: Int64] {
        guard !partitions.isEmpty else { return [:] }
        let client = try usableHandle.pointer
        let list = PartitionList(partitions)
        return try read(list, list.withPointer { rd_kafka_committed(client, $0, timeout.milliseconds) })
    }

    /// The partitions' first or next offsets.
    ///
    /// `rd_kafka_query_watermark_offsets` would do it one by one, and in librdkafka 2.0.2 waits far longer than its limit
    /// when a broker is away; this question keeps to it. In place of a time, the protocol takes -2 for the first offset that
    /// is left and -1 for the next one (ListOffsets, KIP-79).
    private func offsets(
        of partitions: [TopicPartition], at place: Int32, _ timeout: Duration
    ) throws -> [TopicPartition: Int64] {
        guard !partitions.isEmpty else { return [:] }
        let client = try usableHandle.pointer
        let list = PartitionList(partitions, offset: Int64(place))
        return try read(list, list.withPointer { rd_kafka_offsets_for_times(client, $0, timeout.milliseconds) })
    }

    private func read(_ list: PartitionList, _ error: rd_kafka_resp_err_t) throws -> [TopicPartition: Int64] {
        let failure = error == RD_KAFKA_RESP_ERR_NO_ERROR ? list.firstError : error
        if let failure {
            // A topic may have been deleted, or made anew with fewer partitions.
            known = nil
            throw handle.context.error(failure)
        }
        return list.offsets
    }

    private func partitions(of topics: [String], _ timeout: Duration) throws -> [TopicPartition] {
        let present = try present(topics, timeout)
        return topics.flatMap { topic in
            (0..<(present[topic]?.partitions ?? 0)).map { TopicPartition(topic: topic, partition: Int32($0)) }
        }
    }

    /// The topics that are there. The answer tells of the whole cluster, which others may share who have thousands: it is asked
    /// for seldom, unless one is missing.
    private func present(_ topics: [String], _ timeout: Duration) throws -> [String: ClusterMetadata.Topic] {
        let handle = try usableHandle
        if let known, .now - known.at < memory, topics.allSatisfy({ known.topics[$0] != nil }) { return known.topics }
        let all = try ClusterMetadata(asking: handle, timeout: timeout).topics
        let wanted = Set(topics).union(known.map { Array($0.topics.keys) } ?? [])
        let present = all.filter { wanted.contains($0.key) }
        known = (present, .now)
        return present
    }

    private var usableHandle: KafkaHandle {
        get throws {
            guard !isClosed else { throw KafkaError.closed }
            handle.serveCallbacks()
            return handle
        }
    }
}
