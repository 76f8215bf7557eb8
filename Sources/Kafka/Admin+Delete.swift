import CRdKafka

extension Admin {
    /// Deletes the records before the given offsets. A consumer that is still before them goes on at the oldest that is
    /// left.
    ///
    /// - Throws: ``KafkaError``, also when one partition of several was refused.
    public func deleteRecords(before offsets: [TopicPartition: Int64], timeout: Duration = .seconds(10)) throws {
        guard !offsets.isEmpty else { return }
        let list = PartitionList(offsets)
        var request = list.withPointer { rd_kafka_DeleteRecords_new($0) }
        defer { rd_kafka_DeleteRecords_destroy(request) }
        try perform(RD_KAFKA_ADMIN_OP_DELETERECORDS, timeout) { client, options, queue in
            rd_kafka_DeleteRecords(client, &request, 1, options, queue)
        } reading: { event in
            guard let result = rd_kafka_event_DeleteRecords_result(event),
                let list = rd_kafka_DeleteRecords_result_offsets(result)
            else { throw KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG) }
            if let error = TopicPartition.firstError(in: list) { throw KafkaError(error) }
        }
    }
}
