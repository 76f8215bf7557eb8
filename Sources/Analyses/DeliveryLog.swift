import Logging
import ServiceSupport

/// Logs whether messages get through, round by round, and tells when none does.
///
/// Messages on their way say nothing of the broker. So it works again when one was acknowledged, and none was refused for a while
/// after that: where a single partition takes none, messages are refused and acknowledged by turns.
struct DeliveryLog {
    /// Without a refusal for so long, the last one is over.
    static let quiet = Duration.seconds(5)

    private var failures: FailureLog
    private var refused: ContinuousClock.Instant?
    /// Whether a message was acknowledged since the last refusal, or in the same round.
    private var hasSent = true

    init(logger: Logger) {
        failures = FailureLog(logger: logger, message: "Jobs cannot be published; they wait in the outbox")
    }

    /// Notes how a round ended.
    ///
    /// - Parameters:
    ///   - error: why a message was refused since the last round; nil when none was.
    ///   - isSent: whether one was acknowledged.
    /// - Returns: true when messages are refused, and none was acknowledged since the refusal before.
    mutating func note(_ error: (any Error)?, isSent: Bool, now: ContinuousClock.Instant = .now) -> Bool {
        if let error {
            failures.failed(error)
            defer { (refused, hasSent) = (now, isSent) }
            return !hasSent && !isSent
        }
        hasSent = hasSent || isSent
        if let refused, !hasSent || now - refused < Self.quiet { return false }
        refused = nil
        failures.succeeded()
        return false
    }

    /// Notes that a round was given up: the database or the broker's controller is away.
    mutating func failed(_ error: any Error) {
        failures.failed(error)
    }
}
