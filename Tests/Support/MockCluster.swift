import CRdKafka

/// librdkafka's own mock of a Kafka cluster, within this process: for faults that no real broker makes on demand.
///
/// It knows no admin requests, and keeps only the newest 5 MB of each partition.
///
/// `@unchecked Sendable`: the mock guards its state with a lock, its pointers never change, and only `deinit` frees them.
public final class MockCluster: @unchecked Sendable {
    /// A kind of request, by its number in the Kafka protocol.
    public struct Request: Sendable {
        let key: Int16

        /// Messages from a producer.
        public static let produce = Request(key: 0)
        /// A consumer's question for records.
        public static let fetch = Request(key: 1)
        /// A question for topics and brokers.
        public static let metadata = Request(key: 3)
        /// Committed offsets.
        public static let offsetCommit = Request(key: 8)
        /// Entering a group.
        public static let joinGroup = Request(key: 11)
        /// An idempotent producer's first request.
        public static let initProducerID = Request(key: 22)
    }

    /// An error that a broker may answer with.
    public struct Fault: Sendable {
        let code: rd_kafka_resp_err_t

        /// The broker cuts the connection instead of answering.
        public static let disconnect = Fault(code: RD_KAFKA_RESP_ERR__TRANSPORT)
        /// Another broker leads the partition.
        public static let notLeader = Fault(code: RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
        /// The broker took too long.
        public static let timedOut = Fault(code: RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT)
        /// Too few brokers keep the partition.
        public static let notEnoughReplicas = Fault(code: RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS)
        /// A batch came out of order, which an idempotent producer cannot mend.
        public static let outOfOrder = Fault(code: RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER)
        /// The client may not do this.
        public static let notAuthorised = Fault(code: RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
    }

    private let client: OpaquePointer
    private let cluster: OpaquePointer

    /// Starts a cluster.
    public init(brokers: Int = 1) throws {
        // The mock lives within a client, which otherwise does nothing. It owns the configuration from here on.
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nil, 0) else {
            throw ChildProcessError("no client for the mock cluster")
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, Int32(brokers)) else {
            rd_kafka_destroy(client)
            throw ChildProcessError("no mock cluster")
        }
        self.client = client
        self.cluster = cluster
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    /// Its addresses.
    public var brokers: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    /// Makes a topic.
    public func createTopic(_ name: String, partitions: Int = 1) throws {
        let error = rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw ChildProcessError("no topic \(name): \(String(cString: rd_kafka_err2str(error)))")
        }
    }

    /// Answers the next requests of a kind with these errors, one each.
    public func inject(_ faults: [Fault], into request: Request) {
        let codes = faults.map(\.code)
        rd_kafka_mock_push_request_errors_array(cluster, request.key, codes.count, codes)
    }

    /// Takes back the errors that were not answered yet.
    public func clearFaults(of request: Request) {
        rd_kafka_mock_clear_request_errors(cluster, request.key)
    }

    /// Delays every answer.
    public func delayAnswers(milliseconds: Int) {
        rd_kafka_mock_broker_set_rtt(cluster, -1, Int32(milliseconds))
    }
}

/// Makes a librdkafka client meet an error after which it is of no use: what a fenced member meets.
public func raiseFatalError(on client: OpaquePointer) {
    rd_kafka_test_fatal_error(client, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, "for a test")
}
