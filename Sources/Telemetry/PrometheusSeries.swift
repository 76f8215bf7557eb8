import CoreMetrics
import Synchronization

/// One metric with one set of labels.
protocol Series: AnyObject, Sendable {
    /// As in the `# TYPE` line.
    var type: String { get }
    func write(_ key: PrometheusMetrics.Key, into text: inout String)
}

final class CounterSeries: Series, CounterHandler, FloatingPointCounterHandler {
    private let value = Mutex(0.0)
    let type = "counter"

    func increment(by amount: Int64) { increment(by: Double(amount)) }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func reset() { value.withLock { $0 = 0 } }

    func write(_ key: PrometheusMetrics.Key, into text: inout String) {
        text += key.line(value.withLock { $0 })
    }
}

final class GaugeSeries: Series, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)
    let type = "gauge"

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func write(_ key: PrometheusMetrics.Key, into text: inout String) {
        text += key.line(value.withLock { $0 })
    }
}

final class HistogramSeries: Series, TimerHandler, RecorderHandler {
    private struct State {
        var counts: [Int]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>
    let type = "histogram"

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[bucket] += 1
            $0.sum += value
        }
    }

    func write(_ key: PrometheusMetrics.Key, into text: inout String) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        text += key.histogram(bounds: bounds, counts: counts, sum: sum)
    }
}

extension PrometheusMetrics.Key {
    /// A sample's line.
    func line(_ value: Double, suffix: String = "", extra: String = "") -> String {
        let all = [labels, extra].filter { !$0.isEmpty }.joined(separator: ",")
        return "\(name)\(suffix)\(all.isEmpty ? "" : "{\(all)}") \(value)\n"
    }

    /// A histogram's lines.
    func histogram(bounds: [Double], counts: [Int], sum: Double) -> String {
        var (text, total) = ("", 0)
        for (bound, count) in zip(bounds.map { "\($0)" } + ["+Inf"], counts) {
            total += count
            text += line(Double(total), suffix: "_bucket", extra: "le=\"\(bound)\"")
        }
        return text + line(sum, suffix: "_sum") + line(Double(total), suffix: "_count")
    }
}
