import Foundation
import Telemetry

/// The worker processes' figures for Prometheus. Counters begin anew with each process, which `rate` takes into account.
enum WorkerMetrics {
    static func text(_ status: [SlotStatus]) -> String {
        var text = PrometheusText()
        let states = Dictionary(grouping: status, by: \.state).mapValues(\.count)
        for state in ["starting", "ready", "stopping", "waiting"] {
            text.gauge("mien_worker_processes", [("state", state)], Double(states[state] ?? 0))
        }
        for slot in status {
            let label = [("slot", "\(slot.slot)")]
            let done = slot.heartbeat?.done ?? .init()
            text.counter("mien_worker_photos", label + [("outcome", "analysed")], Double(done.analysed))
            text.counter("mien_worker_photos", label + [("outcome", "failed")], Double(done.failed))
            text.counter("mien_worker_faces", label, Double(done.faces))
            text.counter("mien_worker_restarts", label, Double(slot.restarts))
            text.gauge("mien_worker_resident_bytes", label, Double(slot.heartbeat?.residentBytes ?? 0))
            text.gauge("mien_worker_start_time_seconds", label, slot.pid == nil ? 0 : slot.since.timeIntervalSince1970)
            for (stage, histogram) in done.stages.sorted(by: { $0.key < $1.key }) {
                text.histogram(
                    "mien_worker_stage_seconds", label + [("stage", stage)], bounds: StageHistogram.bounds,
                    counts: histogram.counts, sum: histogram.sum)
            }
        }
        return text.text
    }
}
