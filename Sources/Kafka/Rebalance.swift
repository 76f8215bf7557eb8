import CRdKafka
import Logging

/// What happens when partitions come and go: an eager protocol, in which every rebalance first takes all of them away.
enum Rebalance {
    static func setCallback(_ conf: OpaquePointer) {
        rd_kafka_conf_set_rebalance_cb(conf) { client, event, list, opaque in
            guard let client, let context = ClientContext.from(opaque), let group = context.group else { return }
            if event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
                Rebalance.assigned(client, list, group, context.logger)
            } else {
                Rebalance.revoked(client, group, context.logger)
            }
        }
    }

    private static func assigned(
        _ client: OpaquePointer, _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, _ group: GroupState,
        _ logger: Logger
    ) {
        let partitions = list.map(TopicPartition.all(in:)) ?? []
        group.assign(partitions)
        let error = rd_kafka_assign(client, list)
        logger.info(
            "Kafka partitions assigned",
            metadata: ["kafka.partitions": "\(partitions.map(\.description).joined(separator: " "))"])
        if error != RD_KAFKA_RESP_ERR_NO_ERROR { report(error, "Kafka partitions could not be taken", logger) }
    }

    private static func revoked(_ client: OpaquePointer, _ group: GroupState, _ logger: Logger) {
        let hasStored = group.revoke().values.contains { $0.stored != nil }
        let isLost = rd_kafka_assignment_lost(client) != 0
        // The next owner starts at what is committed, so commit before giving up. Lost partitions have a new owner
        // already, and the broker would refuse.
        if hasStored && !isLost && !group.isClosing { commitStored(client, logger) }
        let error = rd_kafka_assign(client, nil)
        logger.info("Kafka partitions revoked", metadata: ["kafka.lost": "\(isLost)"])
        if error != RD_KAFKA_RESP_ERR_NO_ERROR { report(error, "Kafka partitions could not be given up", logger) }
    }

    /// Commits what is stored, waiting at most 5 s: well within the time that a group gives its members to rejoin.
    private static func commitStored(_ client: OpaquePointer, _ logger: Logger) {
        guard let queue = rd_kafka_queue_new(client) else { return }
        defer { rd_kafka_queue_destroy(queue) }
        // No offsets given: the stored ones. No callback: the answer is an event on the queue.
        let error = rd_kafka_commit_queue(client, nil, queue, nil, nil)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { return report(error, "Kafka offsets not committed", logger) }
        guard let event = rd_kafka_queue_poll(queue, 5_000) else {
            return report(RD_KAFKA_RESP_ERR__TIMED_OUT, "Kafka offsets not committed", logger)
        }
        defer { rd_kafka_event_destroy(event) }
        let outcome = rd_kafka_event_error(event)
        // _NO_OFFSET: the automatic commit was quicker.
        switch outcome {
        case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR__NO_OFFSET: break
        case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
            // The group has moved on: what would have been committed is delivered again.
            report(outcome, "Kafka offsets not committed", logger, at: .debug)
        default: report(outcome, "Kafka offsets not committed", logger)
        }
    }

    private static func report(
        _ error: rd_kafka_resp_err_t, _ message: Logger.Message, _ logger: Logger, at level: Logger.Level = .warning
    ) {
        logger.log(level: level, message, metadata: ["kafka.error": "\(KafkaError(error).debugDescription)"])
    }
}

extension TopicPartition {
    static func all(in list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> [TopicPartition] {
        (0..<Int(list.pointee.cnt)).map { index in
            let element = list.pointee.elems[index]
            return TopicPartition(topic: String(cString: element.topic), partition: element.partition)
        }
    }
}
