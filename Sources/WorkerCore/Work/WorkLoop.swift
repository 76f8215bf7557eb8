/// Takes one job after the other from the queue, in a task of its own: a photo that hangs must not keep the process
/// from closing its consumers and ending.
final class WorkLoop: Sendable {
    private let task: Task<Void, Never>
    private let ended = StopSignal()

    /// Starts working.
    init(queue: LaneQueue, processor: JobProcessor) {
        task = Task { [ended] in
            await Self.work(queue, processor)
            ended.stop()
        }
    }

    /// Waits for the job in work; abandons it after `limit`.
    ///
    /// - Returns: whether it has ended.
    func finish(within limit: Duration) async -> Bool {
        await ended.sleep(for: limit)
        guard !ended.isStopped else { return true }
        task.cancel()
        // A wait ends with the cancellation, a photo that is really hanging does not.
        await ended.sleep(for: .milliseconds(200))
        return false
    }

    private static func work(_ queue: LaneQueue, _ processor: JobProcessor) async {
        let (pulse, idle) = (processor.pulse, processor.limits.idle)
        while let job = await queue.next(every: idle, idle: { pulse.allow(idle + .seconds(15)) }) {
            guard await processor.process(job.record) == .settled else { break }
            queue.settle()
        }
        pulse.end()
    }
}
