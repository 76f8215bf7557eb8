import Blocking
import CRdKafka
public import Logging
import Synchronization

/// Takes records as a member of a consumer group, and commits only what was stored.
///
/// A record is delivered again, here or to another member, until ``storeOffset(_:)`` was called for it or for a later one
/// of its partition. So store in the order of delivery, and only once the record's effect is kept. Stored offsets are
/// committed every `auto.commit.interval.ms`, before partitions are given up, and when closing.
///
/// Its calls run on a thread of its own. ``poll(timeout:)`` lets others in every 100 ms.
///
/// - Important: Call `poll` at least every `max.poll.interval.ms`, or the group gives the partitions to others. Close it:
///   only that commits the last offsets and leaves the group at once.
public actor Consumer {
    private nonisolated let executor: BlockingExecutor
    /// The consumer's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    nonisolated let handle: KafkaHandle
    private let topics: [String]
    private let isStaticMember: Bool
    private nonisolated let context: ClientContext
    private nonisolated let group: GroupState
    private nonisolated let closing = Atomic(false)
    private nonisolated let closed = OneShot<Bool>()
    /// How long it takes a share of nothing for what the group wants.
    private var patience = Consumer.patience.lowerBound

    /// How long a share of nothing is taken for what the group wants: the first time, and at most. In between it doubles.
    static let patience = Duration.seconds(5)...Duration.seconds(600)

    /// Joins a group. Brokers are looked for in the background.
    ///
    /// - Throws: ``KafkaError`` with code `invalidConfiguration`.
    public init(
        _ configuration: KafkaConfiguration, group name: String, topics: [String], logger: Logger
    ) throws {
        executor = BlockingExecutor(label: "kafka-consumer")
        group = GroupState()
        var logger = logger
        logger[metadataKey: "kafka.group"] = "\(name)"
        context = ClientContext(logger: logger, clientID: configuration.clientID, group: group)
        self.topics = topics
        isStaticMember = configuration.options["group.instance.id"] != nil
        handle = try KafkaHandle(
            RD_KAFKA_CONSUMER, role: .consumer(group: name), configuration: configuration, context: context
        ) { [context] conf in
            Rebalance.setCallback(conf)
            context.pacing.install(conf)
        }
        // One queue for records and all callbacks, so that poll serves both.
        rd_kafka_poll_set_consumer(handle.pointer)
        try Self.join(handle, topics)
    }

    /// Joins the group of a client; again, it is under the same member id.
    private static func join(_ handle: KafkaHandle, _ topics: [String]) throws(KafkaError) {
        let error = PartitionList(topics: topics).withPointer { rd_kafka_subscribe(handle.pointer, $0) }
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
    }

    /// The partitions that this consumer has at the moment, in order.
    public nonisolated var assignment: [TopicPartition] { group.assignment }

    /// Whether the group has told this consumer its share since it was made: before that it gets no records. A group with
    /// more members than partitions gives some of them none.
    public nonisolated var hasJoined: Bool { group.hasJoined }

    /// Whether it is in its group at the moment, with a share that may be none: false before it joins, while the group shares
    /// anew, and after it was thrown out.
    public nonisolated var isMember: Bool { group.isMember }

    /// The next record, or nil when none came in time.
    ///
    /// - Parameter timeout: Returns at the latest after it, whatever state the brokers are in.
    /// - Throws: `CancellationError`, without having taken a record. ``KafkaError``: poll again when it is retriable;
    ///   when it is fatal, close this consumer and make another.
    public func poll(timeout: Duration) async throws -> Record? {
        let deadline = ContinuousClock.now + timeout
        while true {
            try Task.checkCancellation()
            guard !closing.load(ordering: .acquiring) else { throw KafkaError.closed }
            let remaining = deadline - .now
            if let record = try take(min(remaining, .milliseconds(100))) { return record }
            try questionEmptyShare()
            guard remaining > .zero else { return nil }
            // Lets storeOffset and close in, which wait for the same thread.
            await Task.yield()
        }
    }

    /// Joins again when the group has given it nothing for a while, though there may be something.
    ///
    /// A static member that comes twice while its group shares, as many do when a broker goes on after a pause, gets nothing
    /// from noida-db 0.2.3: the share is kept under the member id of the first time, and nobody reads those partitions. Only
    /// when a member joins again by its id, the group shares anew. Apache Kafka gives such a member the share of
    /// before and troubles no other one, unless it is the group's leader.
    private func questionEmptyShare() throws(KafkaError) {
        guard let since = group.emptySince else {
            if !group.assignment.isEmpty { patience = Self.patience.lowerBound }
            return
        }
        guard .now - since > patience else { return }
        context.logger.debug("Kafka partitions are asked for again", metadata: ["kafka.after": "\(patience)"])
        patience = min(patience * 2, Self.patience.upperBound)
        try Self.join(handle, topics)
    }

    /// Questions for records that were sent to brokers so far.
    nonisolated var fetchRequests: Int { context.pacing.requests.load(ordering: .relaxed) }

    private func take(_ wait: Duration) throws -> Record? {
        guard let message = rd_kafka_consumer_poll(handle.pointer, wait.milliseconds) else {
            // librdkafka tells a fatal error once, and from then on nothing comes.
            if let error = handle.fatalError { throw error }
            return nil
        }
        defer { rd_kafka_message_destroy(message) }
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            return Record(copying: message, generation: group.generation)
        case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
            // The group has been left; the next poll joins it again.
            context.logger.warning("Kafka consumer was not polled in time and has left its group")
            return nil
        case let error:
            // With an error, the payload is its text.
            let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
            throw handle.fatalError ?? KafkaError(error, reason: text)
        }
    }

    /// What became of an offset.
    public enum OffsetStorage: Sendable {
        /// It is committed with the next commit, unless a later one already was.
        case stored
        /// The record's partition was given up since it was delivered. Its next owner gets the record again, if it was not
        /// stored before: nothing is to be done.
        case stale
    }

    /// Marks a record, and all before it in its partition, as done.
    ///
    /// - Throws: ``KafkaError``.
    @discardableResult
    public func storeOffset(_ record: Record) throws -> OffsetStorage {
        guard !closing.load(ordering: .acquiring) else { throw KafkaError.closed }
        switch group.storing(record) {
        case .stale: return .stale
        case .behind: return .stored
        case .store: break
        }
        let list = PartitionList([record.topicPartition], offset: record.offset + 1)
        let error = list.withPointer { rd_kafka_offsets_store(handle.pointer, $0) }
        switch list.firstError ?? error {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            group.stored(record)
            return .stored
        case RD_KAFKA_RESP_ERR__STATE, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            // Taken away, though the callback that tells us so is still to come.
            return .stale
        case let error: throw KafkaError(error)
        }
    }

    /// Commits what is stored, leaves the group and ends the client.
    ///
    /// - Parameter timeout: How long to wait. librdkafka 2.0.2 may hang here when brokers do not answer (its issue 4187).
    /// - Returns: false when it did not end in time. Its client is then given up on its own thread, which may stay until the
    ///   process exits; what was stored and not committed is delivered again.
    public nonisolated func close(timeout: Duration) async -> Bool {
        if !closing.exchange(true, ordering: .acquiringAndReleasing) {
            Task.detached { await self.end(by: .now + timeout) }
        }
        return await closed.wait(upTo: timeout) ?? false
    }

    private func end(by deadline: ContinuousClock.Instant) {
        group.beginClosing()
        let isClean = leave(by: deadline)
        handle.destroy(flags: isClean ? 0 : RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        closed.fulfil(isClean)
    }

    /// rd_kafka_consumer_close without its endless wait: serves the last rebalance callback until all is done.
    private func leave(by deadline: ContinuousClock.Instant) -> Bool {
        // One that is lost cannot be closed: librdkafka answers with the same error.
        if handle.fatalError != nil { return false }
        if isStaticMember { withdraw(by: deadline) }
        guard let queue = rd_kafka_queue_new(handle.pointer) else { return false }
        defer { rd_kafka_queue_destroy(queue) }
        if let error = rd_kafka_consumer_close_queue(handle.pointer, queue) {
            let failure = KafkaError(consuming: error)
            context.logger.warning(
                "Kafka consumer cannot be closed", metadata: ["kafka.error": "\(failure.debugDescription)"])
            return false
        }
        while rd_kafka_consumer_closed(handle.pointer) == 0 {
            guard .now < deadline else { return false }
            // Records that were fetched come here too, and are dropped. (rd_kafka_queue_poll_callback would abort the
            // process on them.)
            let wait = min(deadline - .now, .milliseconds(50))
            if let message = rd_kafka_consume_queue(queue, wait.milliseconds) { rd_kafka_message_destroy(message) }
        }
        return true
    }

    /// Makes a static member leave the group. Closing alone keeps its place for a successor of the same name (KIP-345),
    /// so that others wait for it until the session time-out, and on some brokers for ever; giving up the subscription
    /// leaves. The stored offsets are committed on the way.
    private func withdraw(by deadline: ContinuousClock.Instant) {
        guard rd_kafka_unsubscribe(handle.pointer) == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        // The member id is forgotten when the farewell is sent; closing waits for its answer.
        while .now < deadline, hasMemberID {
            if let message = rd_kafka_consumer_poll(handle.pointer, 10) { rd_kafka_message_destroy(message) }
        }
    }

    private var hasMemberID: Bool {
        guard let id = rd_kafka_memberid(handle.pointer) else { return false }
        defer { rd_kafka_mem_free(handle.pointer, id) }
        return id.pointee != 0
    }
}
