import Foundation
import Synchronization

/// How many requests each program may make: a bucket of tokens for each, which fills all the time.
final class RequestAllowance: Sendable {
    /// What is left to who asked.
    struct Verdict: Sendable, Equatable {
        let isAllowed: Bool
        /// Whole requests that are left.
        let left: Int
        /// Seconds until the next one, for who has none left; else until the bucket is full.
        let seconds: Int
    }

    /// Requests a minute; as many may come at once.
    let perMinute: Int
    private let capacity: Int
    private let buckets = Mutex<[String: Bucket]>([:])

    private struct Bucket {
        var tokens: Double
        var at: ContinuousClock.Instant
    }

    /// - Parameter capacity: How many programs are known at once; those that ask least are forgotten first.
    init(perMinute: Int, capacity: Int = 20_000) {
        self.perMinute = perMinute
        self.capacity = capacity
    }

    /// Takes one request of who is named, if there is one left.
    func take(_ name: String, now: ContinuousClock.Instant = .now) -> Verdict {
        buckets.withLock { buckets in
            var bucket = filled(buckets[name], now)
            let isAllowed = bucket.tokens >= 1
            if isAllowed { bucket.tokens -= 1 }
            buckets[name] = bucket
            if buckets.count > capacity { forget(&buckets, now) }
            let missing = isAllowed ? Double(perMinute) - bucket.tokens : 1 - bucket.tokens
            return Verdict(
                isAllowed: isAllowed, left: Int(bucket.tokens),
                seconds: Int((missing * 60 / Double(perMinute)).rounded(.up)))
        }
    }

    /// Gives back most of a request that cost little, such as a poll that was answered with 304.
    func giveBack(_ name: String, _ share: Double) {
        buckets.withLock { buckets in
            guard let bucket = buckets[name] else { return }
            buckets[name]?.tokens = min(Double(perMinute), bucket.tokens + share)
        }
    }

    private func filled(_ bucket: Bucket?, _ now: ContinuousClock.Instant) -> Bucket {
        guard let bucket else { return Bucket(tokens: Double(perMinute), at: now) }
        let seconds = Double((now - bucket.at) / .milliseconds(1)) / 1000
        return Bucket(tokens: min(Double(perMinute), bucket.tokens + seconds * Double(perMinute) / 60), at: now)
    }

    /// Half of them go: those that have most left, who lose least by it.
    private func forget(_ buckets: inout [String: Bucket], _ now: ContinuousClock.Instant) {
        let busiest = buckets.sorted { filled($0.value, now).tokens < filled($1.value, now).tokens }
        buckets = Dictionary(uniqueKeysWithValues: busiest.prefix(capacity / 2).map { ($0.key, $0.value) })
    }
}
