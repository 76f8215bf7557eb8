/// How long a stage took, in buckets: what Prometheus calls a histogram.
struct StageHistogram: Codable, Equatable, Sendable {
    /// Upper bounds of the buckets in seconds; one more bucket takes what is longer. From the quickest stage of a small
    /// photo to a day's wait behind a bulk upload.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600]

    /// Photos per bucket.
    private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// All durations together: whole microseconds, which are exact and short in a heartbeat.
    private var microseconds = 0

    /// All durations together, in seconds.
    var sum: Double { Double(microseconds) / 1_000_000 }

    /// Counts one duration.
    mutating func add(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        microseconds += Int((duration / .microseconds(1)).rounded())
    }
}
