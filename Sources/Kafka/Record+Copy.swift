import CRdKafka
import Foundation

extension Record {
    /// Copies all of a message that carries no error, so that librdkafka can have it back at once.
    ///
    /// - Parameter generation: Tells the generation of the assignment that a partition's records belong to.
    init(copying message: UnsafeMutablePointer<rd_kafka_message_t>, generation: (TopicPartition) -> Int) {
        let content = message.pointee
        topic = content.rkt.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
        partition = content.partition
        offset = content.offset
        key = [UInt8](copying: content.key, count: content.key_len)
        value = [UInt8](copying: content.payload, count: content.len)
        headers = Self.headers(of: message)
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(message, &type)
        timestamp =
            type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? nil : Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
        self.generation = generation(TopicPartition(topic: topic, partition: partition))
    }

    private static func headers(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> [(String, [UInt8])] {
        var list: OpaquePointer?
        // The list stays the message's own.
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        return (0..<rd_kafka_header_cnt(list)).compactMap { index in
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            let error = rd_kafka_header_get_all(list, index, &name, &value, &size)
            guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let name else { return nil }
            return (String(cString: name), [UInt8](copying: value, count: size) ?? [])
        }
    }
}

extension [UInt8] {
    /// The bytes at a pointer; nil for a null pointer.
    fileprivate init?(copying start: UnsafeRawPointer?, count: Int) {
        guard let start else { return nil }
        self = Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}

/// Owns a list of partitions with offsets.
final class PartitionList {
    private let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(_ partitions: [TopicPartition], offset: Int64? = nil) {
        pointer = rd_kafka_topic_partition_list_new(Int32(partitions.count))
        for partition in partitions {
            let element = rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)
            if let offset { element?.pointee.offset = offset }
        }
    }

    /// Partitions with an offset each.
    init(_ offsets: [TopicPartition: Int64]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(offsets.count))
        for (partition, offset) in offsets {
            let element = rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)
            element?.pointee.offset = offset
        }
    }

    /// A subscription: whole topics.
    convenience init(topics: [String]) {
        self.init(topics.map { TopicPartition(topic: $0, partition: RD_KAFKA_PARTITION_UA) })
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    func withPointer<R>(_ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> R) -> R {
        body(pointer)
    }

    /// The first error that a call left at a partition.
    var firstError: rd_kafka_resp_err_t? { TopicPartition.firstError(in: pointer) }

    /// The offsets that a call left at the partitions; those that have none (a group that has not committed) are missing.
    var offsets: [TopicPartition: Int64] {
        (0..<Int(pointer.pointee.cnt)).reduce(into: [:]) { offsets, index in
            let element = pointer.pointee.elems[index]
            guard element.offset >= 0 else { return }
            let partition = TopicPartition(topic: String(cString: element.topic), partition: element.partition)
            offsets[partition] = element.offset
        }
    }
}

extension TopicPartition {
    /// The first error in a list.
    static func firstError(in list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> rd_kafka_resp_err_t? {
        (0..<Int(list.pointee.cnt)).lazy.map { list.pointee.elems[$0].err }.first { $0 != RD_KAFKA_RESP_ERR_NO_ERROR }
    }
}
