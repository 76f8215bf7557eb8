/// How long the steps of one job may take, and how long their repetitions wait.
struct WorkLimits: Sendable {
    /// A claim, from connecting to the photo's last byte.
    var claim: Duration = .seconds(30)
    /// Decoding to preview. The pipeline's own deadline is 10 s; a process that is three times as late hangs.
    var analysis: Duration = .seconds(30)
    /// A delivery report; librdkafka gives a message up after five minutes by itself.
    var delivery: Duration = .seconds(360)
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

    /// A new backoff for claims and deliveries.
    var backoff: Backoff { Backoff(first: firstDelay, longest: longestDelay) }
}
