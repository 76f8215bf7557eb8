import Kafka
import Synchronization

/// A record that was fetched from its lane's topic and is not yet dealt with.
struct QueuedJob: Sendable {
    let record: Record
    let lane: JobLane

    /// Whether it is the same job at the same place; a topic that was made anew repeats offsets, but not jobs.
    func isSame(as other: QueuedJob) -> Bool {
        lane == other.lane && record.partition == other.record.partition && record.offset == other.record.offset
            && record.value == other.record.value
    }
}

/// The short local queue between the loops that poll Kafka and the one that works.
///
/// It also keeps, per lane, which records are dealt with, in the order in which they were fetched: the polling loop
/// takes them from here and stores their offsets, so that nothing but that loop ever touches the consumer.
final class LaneQueue: Sendable {
    private struct State {
        var schedule = LaneSchedule<QueuedJob>()
        var inWork: QueuedJob?
        var settled: [JobLane: [Record]] = [:]
        var isClosed = false
    }

    /// Jobs per lane that are fetched ahead; a record is below 1 KB.
    private let capacity: Int
    private let state = Mutex(State())
    private let arrival = Wakeup()
    private let departure = Wakeup()

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Puts a fetched record in its lane.
    ///
    /// A record that is queued or in work already is a redelivery of a partition that went away and came back: it is
    /// not done twice, but takes the place of the older one, whose offset can no longer be stored.
    func offer(_ record: Record, in lane: JobLane) {
        let job = QueuedJob(record: record, lane: lane)
        state.withLock { state in
            if state.isClosed { return }
            if let inWork = state.inWork, inWork.isSame(as: job) {
                state.inWork = job
            } else if !state.schedule.replace(with: job, in: lane, where: { $0.isSame(as: job) }) {
                state.schedule.append(job, to: lane)
            }
        }
        arrival.notify()
    }

    /// The next job, or nil once the queue is closed. One caller at a time.
    ///
    /// - Parameter idle: called at least once in `interval` while there is nothing to do.
    func next(every interval: Duration, idle: () -> Void) async -> QueuedJob? {
        while !Task.isCancelled {
            let ticket = arrival.ticket
            let (job, isClosed) = state.withLock { state -> (QueuedJob?, Bool) in
                if state.isClosed { return (nil, true) }
                state.inWork = state.schedule.take()?.job
                return (state.inWork, false)
            }
            if isClosed { return nil }
            if let job {
                departure.notify()
                return job
            }
            idle()
            await arrival.wait(after: ticket, atMost: interval)
        }
        return nil
    }

    /// Says that the effect of the job in work is durable: its offset may be stored.
    func settle() {
        state.withLock { state in
            guard let job = state.inWork.take() else { return }
            state.settled[job.lane, default: []].append(job.record)
        }
        departure.notify()
    }

    /// Takes the records whose offsets may be stored, in the order of their work.
    func takeSettled(in lane: JobLane) -> [Record] {
        state.withLock { $0.settled.removeValue(forKey: lane) ?? [] }
    }

    /// Jobs that wait in the lane.
    func count(in lane: JobLane) -> Int {
        state.withLock { $0.schedule.count(in: lane) }
    }

    /// Waits until the lane has room for another record, or for `limit`.
    func waitForRoom(in lane: JobLane, atMost limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while !Task.isCancelled {
            let ticket = departure.ticket
            let (count, isClosed) = state.withLock { ($0.schedule.count(in: lane), $0.isClosed) }
            let left = deadline - .now
            if isClosed || count < capacity || left <= .zero { return }
            await departure.wait(after: ticket, atMost: left)
        }
    }

    /// Forgets what waits from partitions that went to other workers: they fetch it themselves.
    func keepOnly(_ partitions: Set<Int32>, in lane: JobLane) {
        state.withLock { $0.schedule.keep(in: lane) { partitions.contains($0.record.partition) } }
        departure.notify()
    }

    /// Ends `next` and forgets what waits: without stored offsets it is delivered again, here or elsewhere.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.schedule.removeAll()
        }
        arrival.notify()
        departure.notify()
    }
}
