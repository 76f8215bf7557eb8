import Foundation
import Operations
import Reports

extension BarChart {
    static func throughput(_ slices: [ThroughputSlice], _ period: ThroughputPeriod) -> BarChart {
        let total = slices.reduce(0) { $0 + $1.finished }
        let failed = slices.reduce(0) { $0 + $1.failed }
        return BarChart(
            id: "throughput", title: "Analyses that ended",
            description:
                "In the last \(period.rawValue), \(Words.grouped(total)) finished and \(Words.grouped(failed)) failed.",
            kinds: ["good", "bad"],
            columns: columns(slices, period) { slice in
                (
                    "\(Words.grouped(slice.finished)) finished, \(Words.grouped(slice.failed)) failed",
                    [Double(slice.finished), Double(slice.failed)]
                )
            })
    }

    static func latency(_ slices: [ThroughputSlice], _ period: ThroughputPeriod) -> BarChart {
        let worst = slices.map(\.p95).max() ?? 0
        return BarChart(
            id: "latency", title: "Time from sending to result",
            description:
                "In the last \(period.rawValue), 95 of 100 results came within \(Words.milliseconds(worst * 1000)) at worst.",
            kinds: ["good", "more"],
            columns: columns(slices, period) { slice in
                let tip =
                    slice.finished == 0
                    ? "nothing finished"
                    : "half within \(Words.milliseconds(slice.median * 1000)), 95 of 100 within \(Words.milliseconds(slice.p95 * 1000))"
                return (tip, [slice.median, max(0, slice.p95 - slice.median)])
            },
            format: { Words.milliseconds($0 * 1000) })
    }

    private static func columns(
        _ slices: [ThroughputSlice], _ period: ThroughputPeriod, _ make: (ThroughputSlice) -> (String, [Double])
    ) -> [Column] {
        let every = max(1, slices.count / 6)
        return slices.enumerated().map { index, slice in
            let moment = Moment(slice.start)
            let (tip, values) = make(slice)
            let label = (slices.count - 1 - index) % every == every / 2 ? moment.label(period) : ""
            return Column(label: label, tip: "\(moment.exact): \(tip)", values: values)
        }
    }
}

extension Moment {
    /// What stands below a chart.
    fileprivate func label(_ period: ThroughputPeriod) -> String {
        // "24 November 2026, 06:36 UTC"
        let parts = exact.split(separator: " ")
        guard parts.count >= 5 else { return exact }
        return period == .week ? "\(parts[0]) \(parts[1].prefix(3))" : String(parts[3])
    }
}
