import Logging

/// A job whose photo was claimed, ready to be analysed.
struct PreparedPhoto: Sendable {
    let job: Job
    /// The photo; nil when it is longer than this worker reads.
    let photo: ClaimedPhoto?
    /// Names the job in every line.
    let logger: Logger

    /// Whether the photo was never claimed before.
    var isFirstAttempt: Bool { job.attempt <= 1 }
}
