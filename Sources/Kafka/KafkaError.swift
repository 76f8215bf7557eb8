import CRdKafka

/// Why Kafka did not do what it was asked to.
public struct KafkaError: Error, Hashable, Sendable {
    /// What went wrong, by librdkafka's name for it, such as `MSG_SIZE_TOO_LARGE`. Names that begin with an underscore
    /// are faults that the client found, the others came from a broker. Open: any name may appear.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// librdkafka's name.
        public let description: String

        /// A code by its name.
        public init(_ name: String) { description = name }

        /// The message is larger than the client or the topic allows.
        public static let messageTooLarge = Code("MSG_SIZE_TOO_LARGE")
        /// The message was not acknowledged in `delivery.timeout.ms`. It may have been written all the same.
        public static let messageTimedOut = Code("_MSG_TIMED_OUT")
        /// A request got no answer in time.
        public static let timedOut = Code("_TIMED_OUT")
        /// No broker can be reached.
        public static let allBrokersDown = Code("_ALL_BROKERS_DOWN")
        /// The connection to the broker broke or could not be made.
        public static let transport = Code("_TRANSPORT")
        /// The broker does not know the topic or partition.
        public static let unknownTopic = Code("UNKNOWN_TOPIC_OR_PART")
        /// The producer was closed before the broker acknowledged the message. It may have been written all the same.
        public static let purged = Code("_PURGE_QUEUE")
        /// A property is unknown, has a value that it cannot have, or is fixed.
        public static let invalidConfiguration = Code("_INVALID_ARG")
        /// The producer, consumer or admin client was closed.
        public static let closed = Code("_DESTROY")
    }

    /// What went wrong.
    public let code: Code
    /// What librdkafka said about it. May name brokers.
    public let reason: String
    /// Why no broker can be used, when it is about that and known, in one plain line. Names no server.
    public let outage: String?
    /// The same call may succeed when it is made again.
    public let isRetriable: Bool
    /// The client that raised it is lost. A ``Producer`` has then replaced it (or does so at the next send), so that
    /// sending again is right, hence `isRetriable`; a ``Consumer`` has to be closed and made anew.
    public let isFatal: Bool

    init(_ code: Code, reason: String, outage: String? = nil, isRetriable: Bool = false, isFatal: Bool = false) {
        self.code = code
        self.reason = reason
        self.isRetriable = isRetriable
        self.isFatal = isFatal
        self.outage = outage
    }

    init(_ error: rd_kafka_resp_err_t, reason: String? = nil, outage: Outage? = nil, isFatal: Bool = false) {
        self.init(
            Code(String(cString: rd_kafka_err2name(error))),
            reason: outage?.description ?? reason ?? String(cString: rd_kafka_err2str(error)), outage: outage?.reason,
            isRetriable: isFatal || Self.retriable.contains(error.rawValue), isFatal: isFatal)
    }

    /// Takes over an error object and frees it.
    init(consuming error: OpaquePointer) {
        defer { rd_kafka_error_destroy(error) }
        let code = rd_kafka_error_code(error)
        self.init(
            Code(String(cString: rd_kafka_error_name(error))), reason: String(cString: rd_kafka_error_string(error)),
            isRetriable: rd_kafka_error_is_retriable(error) != 0 || Self.retriable.contains(code.rawValue),
            isFatal: rd_kafka_error_is_fatal(error) != 0)
    }

    /// Whether it is about a topic or a partition that is not there.
    public var isAboutAMissingTopic: Bool {
        code == .unknownTopic || code == Code("_UNKNOWN_TOPIC") || code == Code("_UNKNOWN_PARTITION")
    }

    static let closed = KafkaError(.closed, reason: "The client is closed.")

    /// What goes away by itself: brokers that restart, elect, load or move, and topics that are about to be created.
    private static let retriable = Set(
        [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
            RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__RETRY,
            RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
            RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
            RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
            RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH,
            RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
        ].map(\.rawValue))
}

extension KafkaError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Safe to show: it names no server.
    public var description: String { "Kafka did not do it (\(code))." }

    /// Everything that is known.
    public var debugDescription: String {
        "KafkaError(\(code)): \(reason)\(isRetriable ? " [retriable]" : "")\(isFatal ? " [fatal]" : "")"
    }
}
