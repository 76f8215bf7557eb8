import Vision

/// How long the steps of one job may take, and how long their repetitions wait.
struct WorkLimits: Sendable {
    /// A claim or a hand-over until the gateway answers; what the bytes need on a slow link comes on top.
    var claim: Duration = .seconds(30)
    /// Decoding to preview. The pipeline gives a photo up before: a process that takes longer hangs.
    var analysis: Duration = .seconds(40)
    /// A delivery report; librdkafka gives a message up by itself after 10 s (`delivery.timeout.ms`).
    var delivery: Duration = .seconds(30)
    /// The idle loop looks at its queue at least this often.
    var idle: Duration = .seconds(1)
    /// After the first failed claim or delivery.
    var firstDelay: Duration = .milliseconds(250)
    /// Between failed claims or deliveries, at most.
    var longestDelay: Duration = .seconds(10)
    /// Claims of a photo whose analysis fails in a way that may pass, such as a time-out on a busy machine. After them
    /// the fault is published with its own code: it tells more than the gateway's "tried too often".
    var attempts: UInt32 = 3
    /// Tries, after which a job with an answer outside the contract is left to the gateway's sweeper.
    var unexpectedAnswers = 5

    /// What the kernel enforces; nil in a process that does other work as well.
    var process: ProcessLimits?
    /// A process that is larger after a photo is replaced; nil for no ceiling.
    var memoryCeiling: Int?

    /// A new backoff for claims and deliveries.
    var backoff: Backoff { Backoff(first: firstDelay, longest: longestDelay) }

    /// The limits of a process that does nothing but this work.
    init(_ configuration: WorkerConfiguration) {
        analysis = .seconds((Pipeline.Limits.clockFactor + 1) * configuration.photoSeconds)
        memoryCeiling = configuration.memoryCeiling
        process = ProcessLimits(
            addressSpacePerPhoto: 4 * configuration.memoryCeiling,
            processorTimePerPhoto: .seconds(6 * configuration.photoSeconds))
    }

    /// The defaults, without limits on the process.
    init() {}
}
