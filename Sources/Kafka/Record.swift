public import Foundation

/// A partition of a topic.
public struct TopicPartition: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The topic's name.
    public let topic: String
    /// The partition's number, from 0.
    public let partition: Int32

    /// Names a partition.
    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// By topic, then by number.
    public static func < (left: TopicPartition, right: TopicPartition) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }

    /// As in `mien.results[3]`.
    public var description: String { "\(topic)[\(partition)]" }
}

/// A message as a consumer got it.
public struct Record: Sendable {
    /// The topic it came from.
    public let topic: String
    /// The partition it came from.
    public let partition: Int32
    /// Its place in the partition.
    public let offset: Int64
    /// The key; nil when it has none, which is not the same as empty.
    public let key: [UInt8]?
    /// The payload; nil when it has none (a tombstone), which is not the same as empty.
    public let value: [UInt8]?
    /// The headers in the order they were sent; a name may come more than once. A null value reads as empty.
    public let headers: [(String, [UInt8])]
    /// When the producer made it or the broker stored it, as the topic is configured.
    public let timestamp: Date?
    /// The assignment it was delivered under.
    let generation: Int

    /// The last value of a header, or nil.
    public func header(_ name: String) -> [UInt8]? {
        headers.last { $0.0 == name }?.1
    }

    var topicPartition: TopicPartition { TopicPartition(topic: topic, partition: partition) }
}

/// Where a message that was sent has been written.
public struct Delivery: Sendable, Hashable {
    /// The partition it went to.
    public let partition: Int32
    /// Its place there; nil when the acknowledgement of a first try was lost and only a repetition was answered.
    public let offset: Int64?
}
