/// When a message that was not taken is tried again.
package enum RetrySchedule {
    /// Seconds after each attempt that failed, as Standard Webhooks proposes: three days in all.
    package static let delays = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]

    /// Seconds until the next attempt; nil when it was the last.
    package static func delay(afterAttempts attempts: Int) -> Int? {
        delays.indices.contains(attempts - 1) ? delays[attempts - 1] : nil
    }

    /// An endpoint that took nothing for so many days is switched off at its next failure.
    package static let failingDays = 3

    /// Messages are kept for so many days, taken or not.
    package static let keptDays = 30
}
