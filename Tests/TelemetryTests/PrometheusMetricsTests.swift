import CoreMetrics
import Telemetry
import Testing

@Suite struct PrometheusMetricsTests {
    @Test func metricsAreWrittenInPrometheusText() {
        let metrics = PrometheusMetrics()
        metrics.makeCounter(label: "mien.photos", dimensions: [("lane", "bulk\"x")]).increment(by: 3)
        metrics.makeCounter(label: "mien.photos", dimensions: [("lane", "bulk\"x")]).increment(by: 1)
        metrics.makeMeter(label: "mien_open", dimensions: []).set(2.5)
        let timer = metrics.makeTimer(label: "mien_wait", dimensions: [])
        timer.recordNanoseconds(30_000_000)
        timer.recordNanoseconds(90_000_000_000)
        let text = metrics.text()
        #expect(text.contains("# TYPE mien_photos_total counter\nmien_photos_total{lane=\"bulk\\\"x\"} 4.0\n"))
        #expect(text.contains("# TYPE mien_open gauge\nmien_open 2.5\n"))
        #expect(text.contains("mien_wait_seconds_bucket{le=\"0.025\"} 0.0\n"))
        #expect(text.contains("mien_wait_seconds_bucket{le=\"0.05\"} 1.0\n"))
        #expect(text.contains("mien_wait_seconds_bucket{le=\"+Inf\"} 2.0\n"))
        #expect(text.contains("mien_wait_seconds_sum 90.03\nmien_wait_seconds_count 2.0\n"))
    }

    /// Whatever the order in which its labels are named, and however it is spelled.
    @Test func aMetricAskedForInTwoWaysIsOne() {
        let metrics = PrometheusMetrics()
        let labels = [("method", "GET"), ("status", "200")]
        for (label, labels) in [
            ("mien.requests", labels), ("mien.requests", labels.reversed()), ("mien_requests", labels),
        ] {
            metrics.makeCounter(label: label, dimensions: labels).increment(by: 1)
            metrics.makeCounter(label: label, dimensions: labels).increment(by: 1)
        }
        metrics.makeCounter(label: "mien.requests", dimensions: [("method", "POST"), ("status", "200")]).increment(
            by: 1)
        let lines = metrics.text().split(separator: "\n")
        #expect(
            lines == [
                "# TYPE mien_requests_total counter", "mien_requests_total{method=\"GET\",status=\"200\"} 6.0",
                "mien_requests_total{method=\"POST\",status=\"200\"} 1.0",
            ])
    }
}
