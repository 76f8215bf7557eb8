package import Analyses
import Foundation
package import Kafka
package import Logging
package import Metrics
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
    package let metrics: any MetricsFactory

    package init(
        database: ConnectionPool, disk: DiskSpace, consumers: [String: SupervisedConsumer], logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.database = database
        self.disk = disk
        self.consumers = consumers
        self.logger = logger
        self.metrics = metrics
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
        for (label, outcomes) in [
            ("mien_claims", ["granted", "exhausted"]), ("mien_results", ["finished", "failed", "without_pictures"]),
            ("mien_webhook_attempts", ["delivered", "failed"]),
        ] {
            for outcome in outcomes {
                Counter(label: label, dimensions: [("outcome", outcome)], factory: metrics).increment(by: 0)
            }
        }
        for label in ["mien_results_malformed", "mien_jobs_swept"] {
            Counter(label: label, factory: metrics).increment(by: 0)
        }
    }

    /// Reads everything once.
    package func measure() async throws {
        if let free = disk.freeBytes { gauge("mien_disk_free_bytes").record(free) }
        gauge("mien_disk_floor_bytes").record(disk.minFreeMB << 20)
        for (topic, consumer) in consumers {
            let labels = [("topic", topic)]
            gauge("mien_consumer_replacements", labels).record(consumer.replacements)
            var waiting = Duration.zero
            if case .waiting(let since) = consumer.condition { waiting = .now - since }
            gauge("mien_consumer_waiting_seconds", labels).record(waiting / .seconds(1))
        }
        // What was read before stays in the other gauges: this one says whether they still hold.
        let up = gauge("mien_database_up")
        do {
            try await measureDatabase()
            up.record(1)
        } catch {
            up.record(0)
            throw error
        }
    }

    private func measureDatabase() async throws {
        let size = try await database.first("SELECT pg_database_size(current_database())::float8 AS bytes")
        gauge("mien_database_bytes").record(try size?["bytes", as: Double.self] ?? 0)
        for lane in try await OperationsStore(database: database).lanes() {
            let name = lane.lane.rawValue
            for (status, jobs) in [(AnalysisStatus.queued, lane.queued), (.processing, lane.processing)] {
                gauge("mien_queue_jobs", [("lane", name), ("status", status.rawValue)]).record(jobs)
            }
            gauge("mien_queue_oldest_seconds", [("lane", name)]).record(lane.oldest ?? 0)
        }
        let webhooks = try await WebhookFigures.read(database)
        gauge("mien_webhook_messages_due").record(webhooks.due)
        gauge("mien_webhook_oldest_due_seconds").record(webhooks.oldestDue)
        gauge("mien_webhook_endpoints_failing").record(webhooks.failing)
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)] = []) -> Gauge {
        Gauge(label: label, dimensions: dimensions, factory: metrics)
    }
}
