import Kafka
import Logging
import ServiceSupport

/// Fetches the jobs of one lane into the local queue, and stores the offsets of those that are dealt with.
///
/// **Why the queue is bounded by how often it polls.** A job waits in the local queue while a photo is analysed, or
/// for as long as the gateway is away. Meanwhile the consumer must stay in its group: librdkafka throws out a member
/// that does not poll for `max.poll.interval.ms`, and its rebalances may need polls to go on. But every poll may return
/// a record, and pausing partitions loses prefetched messages in librdkafka 2.0.2. So with a full queue the loop polls
/// anyway, once in `fullInterval`: membership is kept for ever, and an outage of an hour leaves some thousand records
/// below 1 KB in memory. Past `hardLimit` it stops polling; then the group gives the partitions to others, which is
/// harmless: no offset of what waits here is stored, so it is delivered again, and the claim decides who may do it.
struct LaneLoop: Sendable {
    let lane: JobLane
    let consumer: SupervisedConsumer
    let queue: LaneQueue<PreparedPhoto>
    let share: ShareWatch
    let stop: StopSignal
    let logger: Logger
    var pollTimeout: Duration = .milliseconds(250)
    var fullInterval: Duration = .seconds(3)
    var hardLimit = 20_000

    /// Polls until the process stops.
    ///
    /// - Throws: `KafkaError` when no consumer can be made.
    func run() async throws {
        var assignment: Set<Int32> = []
        var backoff = Backoff(first: .milliseconds(250), longest: .seconds(10))
        while !stop.isStopped {
            await storeSettled()
            await queue.waitForRoom(in: lane, atMost: fullInterval)
            guard queue.count(in: lane) < hardLimit else { continue }
            do {
                if let record = try await consumer.poll(timeout: pollTimeout) { queue.offer(record, in: lane) }
                backoff.reset()
            } catch let error as KafkaError where error.code != .invalidConfiguration {
                // The consumer has logged it, and has made another one where it had to.
                await stop.sleep(for: backoff.next())
            }
            if consumer.hasJoined { share.arrived(lane) }
            let current = Set(consumer.assignment.map(\.partition))
            if current != assignment { follow(from: assignment, to: current) }
            assignment = current
        }
    }

    /// Stores what is dealt with, after which closing the consumer commits it.
    func storeSettled() async {
        for record in queue.takeSettled(in: lane) {
            do {
                try await consumer.storeOffset(record)
            } catch {
                // The partition went to another worker, which gets this job again and is told by the gateway that
                // it is done.
                logger.debug(
                    "Offset not stored",
                    metadata: [
                        "kafka.topic": "\(record.topic)", "kafka.partition": "\(record.partition)",
                        "kafka.offset": "\(record.offset)", "error": "\(error)",
                    ])
            }
        }
    }

    private func follow(from old: Set<Int32>, to new: Set<Int32>) {
        queue.keepOnly(new, in: lane)
        logger.debug(
            "Local queue follows the assignment",
            metadata: ["lane": "\(lane)", "kafka.partitions": "\(new.sorted())", "before": "\(old.sorted())"])
    }
}
