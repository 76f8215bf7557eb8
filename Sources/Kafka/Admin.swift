import Blocking
import CRdKafka
public import Logging

/// Makes and lists topics, and deletes what is in them. It asks nothing about groups: see ``GroupOffsets``.
///
/// Its calls run one after the other on a thread of its own, each at most as long as its timeout.
///
/// - Important: Close it: only that ends its client at a known time.
public actor Admin {
    private nonisolated let executor: BlockingExecutor
    /// The client's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let handle: KafkaHandle
    private var isClosed = false

    /// Makes a client. Brokers are looked for in the background.
    ///
    /// - Throws: ``KafkaError`` with code `invalidConfiguration`.
    public init(_ configuration: KafkaConfiguration, logger: Logger) throws {
        executor = BlockingExecutor(label: "kafka-admin")
        let context = ClientContext(logger: logger, clientID: configuration.clientID)
        // Any kind of client can do this; a producer joins no group.
        handle = try KafkaHandle(RD_KAFKA_PRODUCER, role: .admin, configuration: configuration, context: context)
    }

    /// Ends the client.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        handle.destroy()
    }

    /// The cluster's brokers and topics.
    ///
    /// - Throws: ``KafkaError`` with code `transport` or `timedOut` when no broker answers in time.
    public func metadata(timeout: Duration = .seconds(5)) throws -> ClusterMetadata {
        try ClusterMetadata(asking: usableHandle, timeout: timeout)
    }

    /// Creates the topics that are not there yet.
    ///
    /// - Returns: A report for each, in the order given. Existing topics are left as they are.
    /// - Throws: ``KafkaError``, when a topic could be neither created nor found.
    @discardableResult
    public func createTopics(
        _ specifications: [TopicSpecification], timeout: Duration = .seconds(15)
    ) throws -> [TopicReport] {
        guard !specifications.isEmpty else { return [] }
        var topics: [OpaquePointer?] = []
        defer { for topic in topics { rd_kafka_NewTopic_destroy(topic) } }
        for specification in specifications { topics.append(try Self.newTopic(specification)) }
        let outcomes = try perform(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout) { client, options, queue in
            rd_kafka_CreateTopics(client, &topics, topics.count, options, queue)
        } reading: { event in
            var count = 0
            let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
            return Self.outcomes(results, count)
        }
        return try report(specifications, outcomes, timeout)
    }

    /// Gives a topic more partitions.
    ///
    /// - Throws: ``KafkaError``, also when it has as many or more.
    public func createPartitions(_ topic: String, total: Int, timeout: Duration = .seconds(15)) throws {
        var text = [CChar](repeating: 0, count: 512)
        guard let request = rd_kafka_NewPartitions_new(topic, total, &text, text.count) else {
            throw KafkaError(.invalidConfiguration, reason: String(nulTerminated: text))
        }
        defer { rd_kafka_NewPartitions_destroy(request) }
        let outcomes = try perform(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, timeout) { client, options, queue in
            var requests: [OpaquePointer?] = [request]
            rd_kafka_CreatePartitions(client, &requests, 1, options, queue)
        } reading: { event in
            var count = 0
            let results = rd_kafka_CreatePartitions_result_topics(
                rd_kafka_event_CreatePartitions_result(event), &count)
            return Self.outcomes(results, count)
        }
        if let error = outcomes[topic] ?? nil { throw error }
    }
}

extension Admin {
    private var usableHandle: KafkaHandle {
        get throws {
            guard !isClosed else { throw KafkaError.closed }
            handle.serveCallbacks()
            return handle
        }
    }

    /// Makes an admin request, waits for its answer, and lends that.
    func perform<R>(
        _ operation: rd_kafka_admin_op_t, _ timeout: Duration,
        _ request: (_ client: OpaquePointer, _ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void,
        reading: (OpaquePointer) throws -> R
    ) throws -> R {
        let handle = try usableHandle
        let client = handle.pointer
        let options = rd_kafka_AdminOptions_new(client, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        try check(rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, nil, 0))
        if operation == RD_KAFKA_ADMIN_OP_CREATETOPICS || operation == RD_KAFKA_ADMIN_OP_CREATEPARTITIONS {
            // How long the controller may take until all brokers know.
            try check(rd_kafka_AdminOptions_set_operation_timeout(options, timeout.milliseconds, nil, 0))
        }
        request(client, options, queue)
        // The request's own timeout answers first; the second is for librdkafka to tell.
        guard let event = rd_kafka_queue_poll(queue, (timeout + .seconds(1)).milliseconds) else {
            throw handle.context.error(RD_KAFKA_RESP_ERR__TIMED_OUT)
        }
        defer { rd_kafka_event_destroy(event) }
        let error = rd_kafka_event_error(event)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw handle.context.error(error, reason: rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        return try reading(event)
    }

    private func check(_ error: rd_kafka_resp_err_t) throws {
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
    }

    private static func newTopic(_ specification: TopicSpecification) throws -> OpaquePointer? {
        var text = [CChar](repeating: 0, count: 512)
        let topic = rd_kafka_NewTopic_new(
            specification.name, Int32(clamping: specification.partitions),
            Int32(clamping: specification.replicationFactor), &text, text.count)
        guard let topic else { throw KafkaError(.invalidConfiguration, reason: String(nulTerminated: text)) }
        for (name, value) in specification.configuration {
            // Only fails for a missing name or value.
            rd_kafka_NewTopic_set_config(topic, name, value)
        }
        return topic
    }

    /// The error of each topic in an answer, or nil.
    private static func outcomes(
        _ results: UnsafeMutablePointer<OpaquePointer?>?, _ count: Int
    ) -> [String: KafkaError?] {
        var outcomes: [String: KafkaError?] = [:]
        for index in 0..<count {
            guard let result = results?[index] else { continue }
            let error = rd_kafka_topic_result_error(result)
            let text = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            let failure = error == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(error, reason: text)
            outcomes.updateValue(failure, forKey: String(cString: rd_kafka_topic_result_name(result)))
        }
        return outcomes
    }

    private func report(
        _ specifications: [TopicSpecification], _ outcomes: [String: KafkaError?], _ timeout: Duration
    ) throws -> [TopicReport] {
        let exists = KafkaError(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS).code
        for case let error? in outcomes.values where error.code != exists { throw error }
        let present = try metadata(timeout: timeout).topics
        return specifications.map { specification in
            let wasCreated = outcomes[specification.name] == .some(.none)
            return TopicReport(
                name: specification.name, wasCreated: wasCreated,
                partitions: present[specification.name]?.partitions ?? (wasCreated ? specification.partitions : nil),
                wantedPartitions: specification.partitions)
        }
    }
}
