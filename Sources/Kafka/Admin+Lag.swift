import CRdKafka

extension Admin {
    /// How far a consumer group is behind: by topic, the number of records after its committed offsets.
    ///
    /// A partition that the group has not committed yet counts from its beginning. Topics that are not there are missing
    /// in the answer.
    ///
    /// - Parameter timeout: For each of the questions to the brokers: one, and one for each partition.
    public func groupLag(
        group: String, topics: [String], timeout: Duration = .seconds(5)
    ) throws -> [String: Int] {
        let partitions = try partitions(of: topics, timeout)
        guard !partitions.isEmpty else { return [:] }
        let committed = try committedOffsets(group, partitions, timeout)
        return try partitions.reduce(into: [:]) { lags, partition in
            let (low, high) = try watermarks(partition, timeout)
            // What was deleted before it was read is not behind any more.
            let next = max(committed[partition] ?? low, low)
            lags[partition.topic, default: 0] += Int(max(0, high - next))
        }
    }

    func committedOffsets(
        _ group: String, _ partitions: [TopicPartition], _ timeout: Duration
    ) throws -> [TopicPartition: Int64] {
        var request = PartitionList(partitions).withPointer { rd_kafka_ListConsumerGroupOffsets_new(group, $0) }
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        return try perform(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout) { client, options, queue in
            rd_kafka_ListConsumerGroupOffsets(client, &request, 1, options, queue)
        } reading: { event in
            var count = 0
            let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
                rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)
            guard count == 1, let group = groups?[0] else { throw KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG) }
            // The error stays the result's own.
            if let error = rd_kafka_group_result_error(group) { throw KafkaError(rd_kafka_error_code(error)) }
            guard let list = rd_kafka_group_result_partitions(group) else { return [:] }
            return try Self.offsets(in: list)
        }
    }

    func partitions(of topics: [String], _ timeout: Duration) throws -> [TopicPartition] {
        let counts = try metadata(timeout: timeout).topics
        return topics.flatMap { topic in
            (0..<(counts[topic] ?? 0)).map { TopicPartition(topic: topic, partition: Int32($0)) }
        }
    }

    static func offsets(
        in list: UnsafePointer<rd_kafka_topic_partition_list_t>
    ) throws -> [TopicPartition: Int64] {
        try (0..<Int(list.pointee.cnt)).reduce(into: [:]) { offsets, index in
            let element = list.pointee.elems[index]
            guard element.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(element.err) }
            guard element.offset >= 0 else { return }
            let partition = TopicPartition(topic: String(cString: element.topic), partition: element.partition)
            offsets[partition] = element.offset
        }
    }

    private func watermarks(_ partition: TopicPartition, _ timeout: Duration) throws -> (low: Int64, high: Int64) {
        var low: Int64 = 0
        var high: Int64 = 0
        let error = rd_kafka_query_watermark_offsets(
            try client, partition.topic, partition.partition, &low, &high, timeout.milliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
        return (low, high)
    }
}
