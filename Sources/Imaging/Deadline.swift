import Glibc

/// When work on a photo is given up: by the processor time that it took, and by the clock as a far outer bound. A photo is to
/// blame for what it costs, and not for a machine that is busy, throttled or asleep.
public struct Deadline: Sendable {
    private struct Limits {
        /// Of the whole process, whose threads work on one photo at a time.
        let processorTime: Duration
        let clock: ContinuousClock.Instant
    }

    private let limits: Limits?

    /// No limit.
    public static let never = Deadline(limits: nil)

    private init(limits: Limits?) {
        self.limits = limits
    }

    /// A deadline that lies ahead of now.
    ///
    /// - Parameters:
    ///   - processorTime: of this process.
    ///   - clock: by which the work has to be done in any case.
    public init(processorTime: Duration, clock: Duration) {
        self.init(limits: Limits(processorTime: Self.processorTime + processorTime, clock: .now + clock))
    }

    /// Whether it is over.
    public var hasPassed: Bool { failure != nil }

    /// Throws when it is over.
    ///
    /// - Throws: `ImagingError` with `timed_out`.
    public func check() throws(ImagingError) {
        if let failure { throw failure }
    }

    private var failure: ImagingError? {
        guard let limits else { return nil }
        if Self.processorTime >= limits.processorTime { return .tookTooLong }
        return ContinuousClock.now >= limits.clock ? .wasKeptWaiting : nil
    }

    /// What this process has used so far (clock_getcpuclockid(3)); it cannot fail for the process itself.
    private static var processorTime: Duration {
        var used = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
        return .seconds(used.tv_sec) + .nanoseconds(used.tv_nsec)
    }
}

extension ImagingError {
    /// The photo costs the same the next time.
    static let tookTooLong = ImagingError(
        .timedOut, "The photo took too long to analyse. Try a smaller version of it.", detail: "processor time",
        isRetriable: false)
    static let wasKeptWaiting = ImagingError(
        .timedOut, "The machine was too busy to analyse the photo in time. Try again later.", detail: "clock")
}
