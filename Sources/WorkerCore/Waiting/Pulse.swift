import Synchronization

/// What the work loop says of itself: until when the step it is in must have ended.
///
/// A step that waits for others (an empty queue, a gateway that is away) renews its allowance while it waits; a photo
/// that hangs does not, and its process is replaced by the supervisor.
final class Pulse: Sendable {
    private let deadline = Mutex<ContinuousClock.Instant?>(nil)

    /// Begins a step, or renews the present one.
    func allow(_ allowance: Duration) {
        deadline.withLock { $0 = .now + allowance }
    }

    /// The work loop has ended in good order.
    func end() {
        deadline.withLock { $0 = nil }
    }

    /// Whether the step has taken longer than it may.
    var isOverdue: Bool {
        deadline.withLock { $0.map { $0 < .now } ?? false }
    }
}
