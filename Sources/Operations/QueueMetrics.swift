package import Analyses
import Foundation
package import Kafka
package import Logging
import Metrics
package import Postgres
import ServiceLifecycle
import ServiceSupport
import Webhooks

/// Keeps the gauges that say how much waits and how much room is left.
///
/// They are read from PostgreSQL, so every gateway shows the same: take the maximum over gateways, not the sum. What
/// consumers say is each gateway's own.
package struct QueueMetrics: Service {
    package let database: ConnectionPool
    package let disk: DiskSpace
    /// By what they read.
    package let consumers: [String: SupervisedConsumer]
    package let logger: Logger

    package init(database: ConnectionPool, disk: DiskSpace, consumers: [String: SupervisedConsumer], logger: Logger) {
        self.database = database
        self.disk = disk
        self.consumers = consumers
        self.logger = logger
    }

    /// Half of what Prometheus usually waits between two scrapes.
    package static let interval = Duration.seconds(7)

    package func run() async throws {
        showCountersOfFaults()
        var failures = FailureLog(logger: logger, message: "Gauges of the queue could not be read; it is tried again")
        for await _ in Ticker.stream(every: Self.interval).cancelOnGracefulShutdown() {
            do {
                try await measure()
                failures.succeeded()
            } catch {
                failures.failed(error)
            }
        }
    }

    /// A counter exists from its first increment on, and Prometheus sees no increase in a series that begins with 1: what
    /// alerts watch for begins with 0.
    private func showCountersOfFaults() {
        for outcome in ["granted", "exhausted"] {
            Counter(label: "mien_claims", dimensions: [("outcome", outcome)]).increment(by: 0)
        }
        for outcome in ["finished", "failed"] {
            Counter(label: "mien_results", dimensions: [("outcome", outcome)]).increment(by: 0)
        }
        for outcome in ["delivered", "failed"] {
            Counter(label: "mien_webhook_attempts", dimensions: [("outcome", outcome)]).increment(by: 0)
        }
        for label in ["mien_results_malformed", "mien_jobs_swept"] { Counter(label: label).increment(by: 0) }
    }

    /// Reads everything once.
    package func measure() async throws {
        if let free = disk.freeBytes { Gauge(label: "mien_disk_free_bytes").record(free) }
        for (topic, consumer) in consumers {
            let labels = [("topic", topic)]
            Gauge(label: "mien_consumer_replacements", dimensions: labels).record(consumer.replacements)
            var waiting = Duration.zero
            if case .waiting(let since) = consumer.condition { waiting = .now - since }
            Gauge(label: "mien_consumer_waiting_seconds", dimensions: labels).record(waiting / .seconds(1))
        }
        try await measureDatabase()
    }

    private func measureDatabase() async throws {
        let size = try await database.first("SELECT pg_database_size(current_database())::float8 AS bytes")
        Gauge(label: "mien_database_bytes").record(try size?["bytes", as: Double.self] ?? 0)
        for lane in try await OperationsStore(database: database).lanes() {
            let name = lane.lane.rawValue
            for (status, jobs) in [(AnalysisStatus.queued, lane.queued), (.processing, lane.processing)] {
                Gauge(label: "mien_queue_jobs", dimensions: [("lane", name), ("status", status.rawValue)]).record(jobs)
            }
            Gauge(label: "mien_queue_oldest_seconds", dimensions: [("lane", name)]).record(lane.oldest ?? 0)
        }
        let webhooks = try await WebhookFigures.read(database)
        Gauge(label: "mien_webhook_messages_due").record(webhooks.due)
        Gauge(label: "mien_webhook_oldest_due_seconds").record(webhooks.oldestDue)
        Gauge(label: "mien_webhook_endpoints_failing").record(webhooks.failing)
    }
}
