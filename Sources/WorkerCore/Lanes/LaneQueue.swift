import Kafka
import ServiceSupport
import Synchronization

/// The short local queue between the loops that poll Kafka, the one that claims photos and the one that analyses them:
/// ``LaneState`` with a lock around it, and waiting.
final class LaneQueue<Claimed: Sendable>: Sendable {
    /// Jobs per lane that are fetched ahead; a record is below 1 KB.
    private let capacity: Int
    private let state = Mutex(LaneState<Claimed>())
    private let news = Wakeup()

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Puts a fetched record in its lane.
    func offer(_ record: Record, in lane: JobLane) {
        change { $0.offer(record, in: lane) }
    }

    /// The next job to claim, or nil once the queue is closed. One caller at a time, which answers with `grant` or
    /// `turnDown` before it asks again.
    ///
    /// - Parameter idle: called at least once in `interval` while there is nothing to claim.
    func nextToClaim(every interval: Duration, idle: () -> Void) async -> QueuedJob? {
        await next(every: interval, idle: idle, isOver: \.isClosed) { $0.nextToClaim() }
    }

    /// Says that the photo of a job is here.
    ///
    /// - Parameter isFirst: whether it was never claimed before; otherwise it is analysed alone.
    func grant(_ job: QueuedJob, _ claimed: Claimed, isFirst: Bool) {
        change { $0.grant(job, claimed, isFirst: isFirst) }
    }

    /// Says that there is nothing to do for a job: it is settled.
    func turnDown(_ job: QueuedJob) {
        change { $0.turnDown(job) }
    }

    /// The next job to analyse with what was claimed for it, or nil once the queue is closed and no photo is here or asked
    /// for. One caller at a time.
    ///
    /// - Parameter idle: called at least once in `interval` while there is nothing to do.
    func nextToAnalyse(every interval: Duration, idle: () -> Void) async -> (job: QueuedJob, claimed: Claimed)? {
        let next = await next(every: interval, idle: idle, isOver: { $0.isClosed && !$0.hasClaims }) { state in
            state.nextToAnalyse().map { Taken(job: $0.job, claimed: $0.claimed) }
        }
        guard let next else { return nil }
        // There is another job to claim, and room for one to fetch.
        news.notify()
        return (next.job, next.claimed)
    }

    /// Says that the effect of a job is durable: its offset may be stored.
    func settle(_ job: QueuedJob) {
        change { $0.settle(job) }
    }

    /// Takes the records whose offsets may be stored, in the order of their delivery.
    func takeSettled(in lane: JobLane) -> [Record] {
        state.withLock { $0.takeSettled(in: lane) }
    }

    /// Jobs that wait in the lane.
    func count(in lane: JobLane) -> Int {
        state.withLock { $0.count(in: lane) }
    }

    /// Waits until the lane has room for another record, or for `limit`.
    func waitForRoom(in lane: JobLane, atMost limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while !Task.isCancelled {
            let ticket = news.ticket
            let isFull = state.withLock { !$0.isClosed && $0.count(in: lane) >= capacity }
            let left = deadline - .now
            if !isFull || left <= .zero { return }
            await news.wait(after: ticket, atMost: left)
        }
    }

    /// Forgets what waits from partitions that went to other workers: they fetch it themselves.
    func keepOnly(_ partitions: Set<Int32>, in lane: JobLane) {
        change { $0.keepOnly(partitions, in: lane) }
    }

    /// Takes no more jobs. Photos that are here or asked for are still analysed; what else waits is forgotten: without
    /// stored offsets it is delivered again, here or elsewhere.
    func close() {
        change { $0.close() }
    }

    /// Gives up the photos that were asked for, when nobody will answer any more.
    func abandonAsked() {
        change { $0.abandonAsked() }
    }

    private struct Taken: Sendable {
        let job: QueuedJob
        let claimed: Claimed
    }

    private func change(_ body: (inout LaneState<Claimed>) -> Void) {
        state.withLock { body(&$0) }
        news.notify()
    }

    private func next<Value: Sendable>(
        every interval: Duration, idle: () -> Void, isOver: (LaneState<Claimed>) -> Bool,
        _ look: (inout LaneState<Claimed>) -> Value?
    ) async -> Value? {
        while !Task.isCancelled {
            let ticket = news.ticket
            let (value, over) = state.withLock { state in (look(&state), isOver(state)) }
            if let value { return value }
            if over { return nil }
            idle()
            await news.wait(after: ticket, atMost: interval)
        }
        return nil
    }
}
