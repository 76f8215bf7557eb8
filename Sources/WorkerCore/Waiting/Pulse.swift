import Synchronization

/// What the work says of itself: until when the steps that it is in must have ended.
///
/// A step that waits for others (an empty queue, a gateway that is away) renews its allowance while it waits; a photo
/// that hangs does not, and its process is replaced by the supervisor.
final class Pulse: Sendable {
    /// Steps that go on side by side.
    enum Step: Hashable, Sendable {
        case claiming
        case analysing
        /// Of the job with this number: several results are on their way at once.
        case publishing(Int)
    }

    private let deadlines = Mutex<[Step: ContinuousClock.Instant]>([:])

    /// Begins a step, or renews the present one.
    func allow(_ allowance: Duration, for step: Step) {
        deadlines.withLock { $0[step] = .now + allowance }
    }

    /// The step has ended in good order.
    func end(_ step: Step) {
        deadlines.withLock { $0[step] = nil }
    }

    /// Whether a step has taken longer than it may.
    var isOverdue: Bool {
        deadlines.withLock { deadlines in deadlines.values.contains { $0 < .now } }
    }
}
