/// Writes figures that were counted elsewhere in Prometheus' text format, version 0.0.4. (Figures of the process itself
/// go through swift-metrics and ``PrometheusMetrics``, which cannot take a finished histogram.)
public struct PrometheusText: Sendable {
    private var families: [String: (type: String, samples: String)] = [:]

    /// Creates an empty text.
    public init() {}

    /// The text: all samples of a name together, as the format wants it.
    public var text: String {
        families.sorted { $0.key < $1.key }.map { "# TYPE \($0.key) \($0.value.type)\n\($0.value.samples)" }.joined()
    }

    /// A figure that goes up and down.
    public mutating func gauge(_ name: String, _ labels: [(String, String)], _ value: Double) {
        add(name, "gauge", PrometheusMetrics.Key(name, labels).line(value))
    }

    /// A figure that only grows; its name gets `_total`.
    public mutating func counter(_ name: String, _ labels: [(String, String)], _ value: Double) {
        add(name + "_total", "counter", PrometheusMetrics.Key(name + "_total", labels).line(value))
    }

    /// A histogram.
    ///
    /// - Parameters:
    ///   - bounds: upper bounds of the buckets, rising.
    ///   - counts: how many fell into each bucket, and at the end those beyond the last bound.
    ///   - sum: of all values.
    public mutating func histogram(
        _ name: String, _ labels: [(String, String)], bounds: [Double], counts: [Int], sum: Double
    ) {
        let key = PrometheusMetrics.Key(name, labels)
        add(name, "histogram", key.histogram(bounds: bounds, counts: counts, sum: sum))
    }

    private mutating func add(_ name: String, _ type: String, _ samples: String) {
        families[name, default: (type, "")].samples += samples
    }
}
