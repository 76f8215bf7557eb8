public import CoreMetrics
import Foundation
import Synchronization

/// Keeps the process's metrics and writes them in Prometheus' text format, version 0.0.4.
///
/// The swift-metrics backend for Prometheus is not among the packages that resolve here. Counters end in `_total`,
/// timers are histograms in seconds, recorders histograms in their own unit, meters and gauges are gauges.
public final class PrometheusMetrics: MetricsFactory {
    private struct State {
        var series: [Key: any Series] = [:]
        /// The same, by what was asked for: spelling names and labels takes longer than a request may spend on its metrics.
        var asked: [Asked: any Series] = [:]
    }

    /// What a metric is asked for by, before it is spelled.
    private struct Asked: Hashable {
        let label: String
        let suffix: String
        /// Names and values by turns.
        let dimensions: [String]
    }

    private let state = Mutex(State())

    /// A metric's name and its labels.
    struct Key: Hashable, Comparable {
        let name: String
        let labels: String

        static func < (one: Key, other: Key) -> Bool { (one.name, one.labels) < (other.name, other.labels) }
    }

    /// Creates an empty set of metrics.
    public init() {}

    /// Upper bounds of timers' buckets, in seconds.
    static let secondBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
    /// Upper bounds of recorders' buckets.
    static let countBuckets: [Double] = [0, 1, 2, 5, 10, 20, 50, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]

    /// The text to answer on `/metrics`.
    public func text() -> String {
        let all = state.withLock(\.series).sorted { $0.key < $1.key }
        var text = ""
        var lastName = ""
        for (key, series) in all {
            if key.name != lastName { text += "# TYPE \(key.name) \(series.type)\n" }
            lastName = key.name
            series.write(key, into: &text)
        }
        return text
    }

    /// A counter; its name gets `_total`.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        make(label, suffix: "_total", dimensions) { CounterSeries() }
    }

    /// A counter of fractions; its name gets `_total`.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        make(label, suffix: "_total", dimensions) { CounterSeries() }
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        make(label, suffix: "", dimensions) { GaugeSeries() }
    }

    /// A histogram, or a gauge where `aggregate` is false.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return make(label, suffix: "", dimensions) { HistogramSeries(bounds: Self.countBuckets) } }
        return make(label, suffix: "", dimensions) { GaugeSeries() }
    }

    /// A histogram in seconds; its name gets `_seconds`.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        make(label, suffix: "_seconds", dimensions) { HistogramSeries(bounds: Self.secondBuckets) }
    }

    /// Keeps it: metrics live as long as the process.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Keeps it: metrics live as long as the process.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Keeps it: metrics live as long as the process.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Keeps it: metrics live as long as the process.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Keeps it: metrics live as long as the process.
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// The series of this name and labels; two metrics of one name must be of one kind.
    private func make<Kind: Series>(
        _ label: String, suffix: String, _ dimensions: [(String, String)], _ new: () -> Kind
    ) -> Kind {
        let asked = Asked(label: label, suffix: suffix, dimensions: dimensions.flatMap { [$0, $1] })
        return state.withLock { state in
            if let known = state.asked[asked] as? Kind { return known }
            let key = Key(label + suffix, dimensions)
            let series = state.series[key] as? Kind ?? new()
            state.series[key] = series
            state.asked[asked] = series
            return series
        }
    }
}

extension PrometheusMetrics.Key {
    /// The name and labels in the format's spelling.
    init(_ name: String, _ labels: [(String, String)]) {
        self.init(name: Self.name(name), labels: Self.labels(labels))
    }

    private static func name(_ label: String) -> String {
        String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }

    private static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.sorted { $0.0 < $1.0 }.map { key, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\(name(key))=\"\(escaped)\""
        }.joined(separator: ",")
    }
}
