import Foundation

/// Durations in milliseconds.
struct Samples {
    private var values: [Double] = []

    var count: Int { values.count }

    mutating func add(_ duration: Duration) { add([duration]) }

    mutating func add(_ durations: [Duration]) {
        values += durations.map { $0 / .milliseconds(1) }
        values.sort()
    }

    var median: Double { quantile(0.5) }

    /// The smallest value that so large a part of all values does not exceed.
    func quantile(_ part: Double) -> Double {
        values.isEmpty
            ? 0 : values[min(values.count - 1, max(0, Int((part * Double(values.count)).rounded(.up)) - 1))]
    }

    var row: String { String(format: "%8.1f %7.1f %7.1f", median, quantile(0.99), values.last ?? 0) }
}
