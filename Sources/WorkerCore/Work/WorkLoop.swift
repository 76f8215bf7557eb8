import ServiceSupport

/// Takes one job after the other from the queue: claims the next photo while one is analysed, and publishes results
/// while the next one is. In tasks of its own: a photo that hangs must not keep the process from closing its consumers
/// and ending.
final class WorkLoop: Sendable {
    private let claiming: Task<Void, Never>
    private let working: Task<Void, Never>
    private let ended = StopSignal()

    /// Results on their way at once. More would not be quicker, and each has pictures of up to 1 MB.
    private static let publishedAtOnce = 4

    /// Starts working.
    ///
    /// - Parameter afterPhoto: called after each analysis.
    init(
        queue: LaneQueue<PreparedPhoto>, processor: JobProcessor, afterPhoto: @escaping @Sendable () -> Void = {}
    ) {
        claiming = Task { await Self.claim(queue, processor) }
        working = Task { [ended] in
            await Self.work(queue, processor, afterPhoto)
            ended.stop()
        }
    }

    /// Waits for the photos in work; abandons them after `limit`.
    ///
    /// - Returns: whether all have ended.
    func finish(within limit: Duration) async -> Bool {
        // A photo that is not here yet is not waited for.
        claiming.cancel()
        await ended.sleep(for: limit)
        guard !ended.isStopped else { return true }
        working.cancel()
        // A wait ends with the cancellation, a photo that is really hanging does not.
        await ended.sleep(for: .milliseconds(200))
        return false
    }

    private static func claim(_ queue: LaneQueue<PreparedPhoto>, _ processor: JobProcessor) async {
        let (pulse, idle) = (processor.pulse, processor.limits.idle)
        let beat = { pulse.allow(idle + .seconds(15), for: .claiming) }
        var isStopping = false
        while let job = await queue.nextToClaim(every: idle, idle: beat) {
            switch await processor.prepare(job.record) {
            case .ready(let photo): queue.grant(job, photo, isFirst: photo.isFirstAttempt)
            case .over(.settled): queue.turnDown(job)
            case .over(.abandoned): isStopping = true
            }
            if isStopping { break }
        }
        queue.abandonAsked()
        pulse.end(.claiming)
    }

    private static func work(
        _ queue: LaneQueue<PreparedPhoto>, _ processor: JobProcessor, _ afterPhoto: @Sendable () -> Void
    ) async {
        let (pulse, idle) = (processor.pulse, processor.limits.idle)
        let beat = { pulse.allow(idle + .seconds(15), for: .analysing) }
        await withTaskGroup(of: Void.self) { publishing in
            var underWay = 0
            while let (job, photo) = await queue.nextToAnalyse(every: idle, idle: beat) {
                let analysis = await processor.analyse(photo)
                afterPhoto()
                guard case .outcome(let outcome, let claimed, let logger) = analysis else {
                    guard case .over(.settled) = analysis else { break }
                    queue.settle(job)
                    continue
                }
                if underWay >= publishedAtOnce {
                    // Its broker is away: the wait is the publishing step's, which renews its own allowance.
                    pulse.end(.analysing)
                    await publishing.next()
                    underWay -= 1
                }
                underWay += 1
                publishing.addTask {
                    let step = Pulse.Step.publishing(job.number)
                    if await processor.publish(outcome, of: claimed, as: step, logger) == .settled { queue.settle(job) }
                    pulse.end(step)
                }
            }
            pulse.end(.analysing)
            await publishing.waitForAll()
        }
    }
}
