import CRdKafka

extension Admin {
    /// The offsets that a group has committed, for the topics' partitions where it has committed any.
    ///
    /// - Parameter timeout: For each of the two questions to the brokers.
    public func committedOffsets(
        group: String, topics: [String], timeout: Duration = .seconds(5)
    ) throws -> [TopicPartition: Int64] {
        let partitions = try partitions(of: topics, timeout)
        return partitions.isEmpty ? [:] : try committedOffsets(group, partitions, timeout)
    }

    /// Deletes the records before the given offsets. A consumer that is still before them goes on at the oldest that is
    /// left.
    ///
    /// - Throws: ``KafkaError``, also when one partition of several was refused.
    public func deleteRecords(before offsets: [TopicPartition: Int64], timeout: Duration = .seconds(10)) throws {
        guard !offsets.isEmpty else { return }
        let list = PartitionList(offsets)
        var request = list.withPointer { rd_kafka_DeleteRecords_new($0) }
        defer { rd_kafka_DeleteRecords_destroy(request) }
        _ = try perform(RD_KAFKA_ADMIN_OP_DELETERECORDS, timeout) { client, options, queue in
            rd_kafka_DeleteRecords(client, &request, 1, options, queue)
        } reading: { event in
            guard let result = rd_kafka_event_DeleteRecords_result(event),
                let list = rd_kafka_DeleteRecords_result_offsets(result)
            else { throw KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG) }
            return try Self.offsets(in: list)
        }
    }
}
