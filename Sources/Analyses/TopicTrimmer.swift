package import Contracts
package import Kafka
package import Logging
import Metrics
import ServiceLifecycle
import ServiceSupport

/// Deletes what was dealt with from the topics: PostgreSQL is the truth, and a message that was read and committed is of
/// no use to anybody. Results of older workers hold people's pictures, which must not outlive the photo in a log; and the broker for one
/// machine (noida-db 0.2.3) keeps everything in memory and saves all of it over and over: 400 results took 14 seconds of
/// its processor time with a thousand old ones beside them. Trimmed every two seconds, a photo cost it 5.4 ms; every half a
/// second, 2.4.
package struct TopicTrimmer: Service {
    package let admin: Admin
    /// Of ``Contracts/Topics/readers``, in their order.
    package let groups: [GroupOffsets]
    package let topics: Topics
    package let logger: Logger

    package init(admin: Admin, groups: [GroupOffsets], topics: Topics, logger: Logger) {
        self.admin = admin
        self.groups = groups
        self.topics = topics
        self.logger = logger
    }

    package static let interval = Duration.milliseconds(500)

    package func run() async throws {
        var failures = FailureLog(
            logger: logger, message: "Topics cannot be trimmed; the broker's own retention applies")
        var done: [TopicPartition: Int64] = [:]
        for await _ in Ticker.stream(every: Self.interval).cancelOnGracefulShutdown() {
            do {
                try await trim(&done)
                failures.succeeded()
            } catch {
                failures.failed(error)
            }
        }
    }

    /// Deletes what groups have committed since the last time.
    func trim(_ done: inout [TopicPartition: Int64]) async throws {
        for (group, reader) in zip(groups, topics.readers) {
            let committed = try await group.committed(in: [reader.topic], timeout: .seconds(2))
            // Not only what is greater: a broker that lost its disk begins at 0 again.
            let news = committed.filter { $0.value > 0 && done[$0.key] != $0.value }
            guard !news.isEmpty else { continue }
            try await admin.deleteRecords(before: news)
            done.merge(news) { _, new in new }
        }
    }
}
