import Synchronization

/// Lets one line a minute through, so that an outage is told and not screamed: librdkafka speaks at every attempt.
final class OutageLog: Sendable {
    private struct State {
        var next: ContinuousClock.Instant?
        var heldBack = 0
    }

    private let interval: Duration
    private let state = Mutex(State())

    init(interval: Duration = .seconds(60)) {
        self.interval = interval
    }

    /// How many lines were held back since the last one, when this one may be written; nil when it is too early.
    func next(now: ContinuousClock.Instant = .now) -> Int? {
        state.withLock { state in
            if let next = state.next, now < next {
                state.heldBack += 1
                return nil
            }
            defer { state = State(next: now + interval) }
            return state.heldBack
        }
    }
}
