import Synchronization

/// Lets one line through a minute, and counts what it held back: what fails at every attempt says so at every attempt.
package final class OccasionalLog: Sendable {
    private struct State {
        var next: ContinuousClock.Instant?
        var heldBack = 0
    }

    private let interval: Duration
    private let state = Mutex(State())

    package init(interval: Duration = .seconds(60)) {
        self.interval = interval
    }

    /// Calls `write` with the number of lines held back since the last one, unless the last one is too recent.
    package func line(now: ContinuousClock.Instant = .now, _ write: (_ heldBack: Int) -> Void) {
        let heldBack: Int? = state.withLock { state in
            if let next = state.next, now < next {
                state.heldBack += 1
                return nil
            }
            defer { state = State(next: now + interval, heldBack: 0) }
            return state.heldBack
        }
        if let heldBack { write(heldBack) }
    }
}
