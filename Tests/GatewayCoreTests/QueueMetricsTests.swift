import Foundation
import Logging
import Postgres
import Telemetry
import TestSupport
import Testing

@testable import Analyses
@testable import Operations

@Suite(.timeLimit(.minutes(2))) struct QueueMetricsTests {
    private static func gauges(of url: String, in metrics: PrometheusMetrics) -> QueueMetrics {
        QueueMetrics(
            database: ConnectionPool(
                PostgresConfiguration(url: url, applicationName: "tests"), logger: Logger(label: "tests")),
            disk: DiskSpace(path: "/", minFreeMB: 3), consumers: [:], logger: Logger(label: "tests"), metrics: metrics)
    }

    /// Prometheus sees no increase in a series that begins with 1.
    @Test func everyCounterThatAnAlertNamesBeginsWithZero() async throws {
        let metrics = PrometheusMetrics()
        let gauges = Self.gauges(of: try await PrivatePostgres.shared().makeDatabase(migrated: true), in: metrics)
        let running = Task { try await gauges.run() }
        while !metrics.text().contains("mien_database_up 1.0\n") { try await Task.sleep(for: .milliseconds(20)) }
        running.cancel()
        let alerts = try String(
            contentsOf: Site.root.appendingPathComponent("Deploy/monitoring/alerts.yml"), encoding: .utf8)
        var named: Set<String> = []
        for match in alerts.matches(of: /(mien_\w+_total)(?:\{outcome=~?"([a-z_|]+)"\})?/) {
            let outcomes = match.2?.split(separator: "|").map { "{outcome=\"\($0)\"} 0.0\n" }
            // Without an outcome all of them are meant.
            for series in outcomes ?? [""] { named.insert("\n\(match.1)\(series)") }
        }
        #expect(named.contains("\nmien_results_total{outcome=\"without_pictures\"} 0.0\n"))
        for series in named { #expect(metrics.text().contains(series)) }
    }

    /// The other gauges keep what they showed last.
    @Test func aDatabaseThatIsAwayIsShown() async throws {
        let server = try await PrivatePostgres.start()
        let metrics = PrometheusMetrics()
        let gauges = Self.gauges(of: try await server.makeDatabase(migrated: true), in: metrics)
        try await gauges.measure()
        #expect(metrics.text().contains("mien_database_up 1.0\n"))
        #expect(metrics.text().contains("mien_disk_floor_bytes 3145728.0\n"))
        await server.kill()
        // Its children see a moment later that it is gone.
        while (try? await gauges.measure()) != nil { try await Task.sleep(for: .milliseconds(50)) }
        #expect(metrics.text().contains("mien_database_up 0.0\n"))
        try await server.restart()
        try await gauges.measure()
        #expect(metrics.text().contains("mien_database_up 1.0\n"))
        await server.stop()
    }
}
