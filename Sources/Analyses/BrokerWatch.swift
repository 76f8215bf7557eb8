package import Contracts
package import Kafka
package import Logging
import Metrics
import ServiceLifecycle
import ServiceSupport
import Synchronization

/// Asks the broker every few seconds how much waits there, so that pages, readiness and the sweeper know it without
/// asking: a broker that is away keeps nobody waiting.
package final class BrokerWatch: Service {
    /// What the broker said last.
    package struct Figures: Sendable, Equatable {
        /// Jobs that no worker has read, by lane.
        package let interactive: Int
        package let bulk: Int
        /// Results that no gateway has read.
        package let results: Int
        /// Messages in the dead-letter topics.
        package let deadJobs: Int
        package let deadResults: Int
        /// Topics that are not there.
        package var missing: [String] = []

        package init(
            interactive: Int, bulk: Int, results: Int, deadJobs: Int, deadResults: Int, missing: [String] = []
        ) {
            self.interactive = interactive
            self.bulk = bulk
            self.results = results
            self.deadJobs = deadJobs
            self.deadResults = deadResults
            self.missing = missing
        }
    }

    /// A figure that is older than this says nothing about now.
    package static let lifetime = Duration.seconds(10)
    package static let interval = Duration.seconds(3)
    /// For each question.
    package static let timeout = Duration.seconds(2)

    private let groups: [GroupOffsets]
    private let topics: Topics
    private let logger: Logger
    private let last = Mutex<(figures: Figures, at: ContinuousClock.Instant)?>(nil)
    private let outage = Mutex<String?>(nil)

    /// - Parameter groups: of ``Contracts/Topics/readers``, in their order.
    package init(groups: [GroupOffsets], topics: Topics, logger: Logger) {
        self.groups = groups
        self.topics = topics
        self.logger = logger
    }

    /// The newest figures; nil when the broker has not answered for a while.
    package var current: Figures? {
        last.withLock { last in last.flatMap { ContinuousClock.now - $0.at < Self.lifetime ? $0.figures : nil } }
    }

    /// Why the broker did not answer the last question, as far as that is known; names no server.
    package var reason: String? { outage.withLock(\.self) }

    package func run() async throws {
        var failures = FailureLog(logger: logger, message: "The broker does not say what waits; it is asked again")
        for await _ in Ticker.stream(every: Self.interval).cancelOnGracefulShutdown() {
            do {
                try await ask()
                outage.withLock { $0 = nil }
                failures.succeeded()
            } catch {
                outage.withLock { $0 = (error as? KafkaError)?.outage }
                failures.failed(error)
            }
        }
    }

    /// Asks once.
    ///
    /// - Throws: `KafkaError`.
    package func ask() async throws {
        var waiting = try await withThrowingTaskGroup(of: [String: Int].self) { tasks in
            for (group, reader) in zip(groups, topics.readers) {
                tasks.addTask { try await group.lag(in: [reader.topic], timeout: Self.timeout) }
            }
            return try await tasks.reduce(into: [:]) { all, some in all.merge(some) { _, new in new } }
        }
        // A group that commits nothing there is behind by all that is kept.
        let others = topics.all.filter { topic in !topics.readers.contains { $0.topic == topic } }
        if let group = groups.last {
            waiting.merge(try await group.lag(in: others, timeout: Self.timeout)) { _, new in new }
        }
        let figures = Figures(
            interactive: waiting[topics.jobsInteractive, default: 0], bulk: waiting[topics.jobsBulk, default: 0],
            results: waiting[topics.results, default: 0], deadJobs: waiting[topics.deadJobs, default: 0],
            deadResults: waiting[topics.deadResults, default: 0], missing: topics.all.filter { waiting[$0] == nil })
        last.withLock { $0 = (figures, .now) }
        for (_, topic) in topics.readers {
            Gauge(label: "mien_kafka_lag", dimensions: [("topic", topic)]).record(waiting[topic, default: 0])
        }
        // What a worker could not read is known here alone.
        for (topic, count) in [(topics.deadJobs, figures.deadJobs), (topics.deadResults, figures.deadResults)] {
            Gauge(label: "mien_dead_letters", dimensions: [("topic", topic)]).record(count)
        }
    }
}
