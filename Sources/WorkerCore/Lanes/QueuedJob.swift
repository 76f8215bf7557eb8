import Foundation
import Kafka

/// A record that was fetched from its lane's topic and is not yet dealt with.
struct QueuedJob: Sendable {
    let record: Record
    let lane: JobLane
    /// Tells it apart from every other job of its queue.
    let number: Int
    /// When its message was sent, and not before those that its partition has before it.
    let turn: Date

    /// Whether it is the same job at the same place; a topic that was made anew repeats offsets, but not jobs.
    func isSame(as record: Record, in lane: JobLane) -> Bool {
        self.lane == lane && self.record.partition == record.partition && self.record.offset == record.offset
            && self.record.value == record.value
    }

    /// The same job, delivered again.
    func redelivered(as record: Record) -> QueuedJob {
        QueuedJob(record: record, lane: lane, number: number, turn: turn)
    }
}
