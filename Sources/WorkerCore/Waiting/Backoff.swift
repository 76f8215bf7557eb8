/// How long to wait before the next try: doubling from the first to the longest delay, each shortened by chance by up
/// to a fifth, so that many workers which lost the same gateway do not come back in the same instant.
struct Backoff: Sendable {
    /// The delay after the first failure, before jitter.
    let first: Duration
    /// No delay is longer than this.
    let longest: Duration
    /// Failures since the start or the last `reset()`.
    private(set) var failures = 0

    init(first: Duration, longest: Duration) {
        precondition(first > .zero && longest >= first, "a backoff grows from a positive first delay")
        self.first = first
        self.longest = longest
    }

    /// The delay to wait now, after one more failure.
    mutating func next() -> Duration {
        next(jitter: Double.random(in: 0...1))
    }

    /// The same with the jitter given: 0 takes nothing off, 1 takes off the whole fifth.
    mutating func next(jitter: Double) -> Duration {
        // 2^20 first delays exceed every sensible longest delay, and the shift stays far from overflow.
        let doubled = first * (1 << min(failures, 20))
        failures += 1
        return min(doubled, longest) * (1 - 0.2 * jitter)
    }

    /// What was tried has worked: the next failure starts from the first delay again.
    mutating func reset() {
        failures = 0
    }
}
