import CRdKafka
import Logging
import Synchronization

/// What a consumer knows of its partitions. Changed by the rebalance callback, which librdkafka calls from within `poll`
/// on the consumer's thread; read from anywhere.
final class GroupState: Sendable {
    struct Assigned {
        let generation: Int
        /// The offset that is committed next; nil until one was stored.
        var stored: Int64?
    }

    private struct State {
        var hasJoined = false
        var isMember = false
        /// When the group told the share.
        var told = ContinuousClock.Instant.now
        var partitions: [TopicPartition: Assigned] = [:]
        var isClosing = false
    }

    /// Of the newest assignment in this process. Consumers share it, so that a record of one that was replaced is stale for
    /// its successor.
    private static let lastGeneration = Atomic(0)

    private let state = Mutex(State())

    var assignment: [TopicPartition] { state.withLock { $0.partitions.keys.sorted() } }
    var partitions: [TopicPartition: Assigned] { state.withLock(\.partitions) }
    /// Whether the group has ever told its share, which may be none.
    var hasJoined: Bool { state.withLock(\.hasJoined) }
    /// Whether the group has told its share and not taken it back since.
    var isMember: Bool { state.withLock(\.isMember) }
    /// Since when the share is none; nil while it is some, and while there is none to speak of.
    var emptySince: ContinuousClock.Instant? {
        state.withLock { $0.isMember && $0.partitions.isEmpty ? $0.told : nil }
    }
    var isClosing: Bool { state.withLock(\.isClosing) }

    /// From here on a rebalance does not wait for its commit: closing commits by itself.
    func beginClosing() { state.withLock { $0.isClosing = true } }

    func assign(_ partitions: [TopicPartition]) {
        let generation = Self.lastGeneration.add(1, ordering: .relaxed).newValue
        state.withLock { state in
            (state.hasJoined, state.isMember, state.told) = (true, true, .now)
            state.partitions = Dictionary(
                uniqueKeysWithValues: partitions.map { ($0, Assigned(generation: generation)) })
        }
    }

    func revoke() -> [TopicPartition: Assigned] {
        state.withLock { state in
            defer { (state.isMember, state.partitions) = (false, [:]) }
            return state.partitions
        }
    }

    /// Under which generation a record of a partition is handed out.
    func generation(of partition: TopicPartition) -> Int {
        state.withLock { $0.partitions[partition]?.generation ?? 0 }
    }

    /// What is to be done with a record's offset.
    enum Storing { case store, behind, stale }

    func storing(_ record: Record) -> Storing {
        state.withLock { state in
            guard let assigned = state.partitions[record.topicPartition], assigned.generation == record.generation
            else { return .stale }
            return record.offset < assigned.stored ?? 0 ? .behind : .store
        }
    }

    func stored(_ record: Record) {
        state.withLock { $0.partitions[record.topicPartition]?.stored = record.offset + 1 }
    }
}
