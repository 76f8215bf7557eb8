import Foundation

/// Figures that librdkafka reports about one client every `statistics.interval.ms`.
public struct KafkaStatistics: Sendable, Hashable {
    /// One partition of a consumer's assignment.
    public struct Partition: Sendable, Hashable {
        /// Topic and number.
        public let partition: TopicPartition
        /// Records that were fetched and wait for `poll`.
        public let queued: Int
        /// Records between the stored offset and the partition's end; nil until an offset was stored.
        public let lag: Int?
    }

    /// Messages that wait to be acknowledged.
    public let queuedMessages: Int
    /// Their bytes.
    public let queuedBytes: Int
    /// Requests without an answer yet.
    public let pendingRequests: Int
    /// Messages sent since the client was made.
    public let sentMessages: Int
    /// Messages received since the client was made.
    public let receivedMessages: Int
    /// Connections that are up.
    public let brokersUp: Int
    /// A consumer's assigned partitions, in order.
    public let partitions: [Partition]

    /// The sum of the known lags; nil when none is known.
    public var lag: Int? {
        let known = partitions.compactMap(\.lag)
        return known.isEmpty ? nil : known.reduce(0, +)
    }

    init(json: Data) throws {
        let report = try JSONDecoder().decode(Report.self, from: json)
        queuedMessages = report.msg_cnt
        queuedBytes = report.msg_size
        pendingRequests = report.replyq
        sentMessages = report.txmsgs
        receivedMessages = report.rxmsgs
        brokersUp = report.brokers.values.count { $0.state == "UP" && $0.nodeid >= 0 }
        partitions = report.topics.flatMap { topic, figures in
            figures.partitions.values.filter { $0.desired && $0.partition >= 0 }.map {
                Partition(
                    partition: TopicPartition(topic: topic, partition: $0.partition), queued: $0.fetchq_cnt,
                    lag: $0.consumer_lag_stored >= 0 ? $0.consumer_lag_stored : nil)
            }
        }.sorted { $0.partition < $1.partition }
    }

    /// The fields used here of those that librdkafka's STATISTICS.md describes, by their names there.
    private struct Report: Decodable {
        struct Broker: Decodable {
            let state: String
            let nodeid: Int
        }
        struct Topic: Decodable {
            let partitions: [String: TopicFigures]
        }
        struct TopicFigures: Decodable {
            let partition: Int32
            let desired: Bool
            let fetchq_cnt: Int
            let consumer_lag_stored: Int
        }
        let msg_cnt: Int
        let msg_size: Int
        let replyq: Int
        let txmsgs: Int
        let rxmsgs: Int
        let brokers: [String: Broker]
        let topics: [String: Topic]
    }
}
