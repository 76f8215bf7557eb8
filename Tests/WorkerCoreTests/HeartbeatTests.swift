import Contracts
import Foundation
import Testing

@testable import WorkerCore

@Suite struct HeartbeatTests {
    private static let stages = [
        "wait", "fetch", "decode", "detect", "crop", "classify", "preview", "publish", "total",
    ]

    @Test func aHeartbeatOfALongLifeFitsIntoThePipeAtOnce() throws {
        var done = Tally.Figures(
            analysed: 999_999_999, failed: 999_999_999, faces: 999_999_999, lastPhotoAtMs: 1_795_500_000_000)
        // Hundreds of millions of photos, in every bucket of every stage.
        let bucket = "[" + Array(repeating: "999999999", count: StageHistogram.bounds.count + 1).joined(separator: ",")
        let json = #"{"counts":\#(bucket)],"microseconds":99999999999999}"#
        for stage in Self.stages {
            done.stages[stage] = try JSONDecoder().decode(StageHistogram.self, from: Data(json.utf8))
        }
        let heartbeat = Heartbeat(
            state: .stopping, isOverdue: false, model: String(repeating: "n", count: 100) + "/1.0.0",
            residentBytes: 1 << 40, done: done)
        #expect(try JSONEncoder().encode(heartbeat).count < HeartbeatPipe.maximumBytes)
    }

    @Test func durationsFallIntoTheirBuckets() {
        var histogram = StageHistogram()
        for milliseconds in [0.5, 1, 40, 40, 700_000] { histogram.add(.milliseconds(milliseconds)) }
        #expect(histogram.counts[0] == 2)
        #expect(histogram.counts[StageHistogram.bounds.firstIndex(of: 0.05)!] == 2)
        #expect(histogram.counts.last == 1)
        #expect(histogram.sum == 700.0815)
        // Stages of small photos take microseconds, and there are many of them.
        for _ in 0..<1_000 { histogram.add(.microseconds(37)) }
        #expect(histogram.sum == 700.1185)
    }

    private var running: SlotStatus {
        var status = SlotStatus(slot: 2)
        status.pid = 4_711
        status.restarts = 3
        status.lastEnd = "signal 11 (Segmentation fault)"
        let tally = Tally()
        tally.count(faces: 2, stages: [("decode", .milliseconds(7)), ("detect", .milliseconds(30))])
        tally.countFailure()
        status.heartbeat = Heartbeat(
            state: .ready, isOverdue: false, model: "brightness/0.0.1", residentBytes: 200 << 20, done: tally.figures)
        return status
    }

    @Test func metricsTellEveryProcess() {
        let text = WorkerMetrics.text([SlotStatus(slot: 1), running])
        for line in [
            #"mien_worker_processes{state="ready"} 1.0"#, #"mien_worker_processes{state="waiting"} 1.0"#,
            #"mien_worker_photos_total{outcome="analysed",slot="2"} 1.0"#,
            #"mien_worker_photos_total{outcome="failed",slot="2"} 1.0"#, #"mien_worker_faces_total{slot="2"} 2.0"#,
            #"mien_worker_restarts_total{slot="2"} 3.0"#, #"mien_worker_resident_bytes{slot="2"} 209715200.0"#,
            #"mien_worker_stage_seconds_bucket{slot="2",stage="decode",le="0.005"} 0.0"#,
            #"mien_worker_stage_seconds_bucket{slot="2",stage="decode",le="0.01"} 1.0"#,
            #"mien_worker_stage_seconds_count{slot="2",stage="detect"} 1.0"#,
            #"mien_worker_stage_seconds_sum{slot="2",stage="detect"} 0.03"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line) is not in\n\(text)")
        }
        // The format wants one TYPE line per name, before all its samples.
        let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(Set(types).count == types.count)
    }

    @Test func theReportTellsWhatTheBoardKnows() throws {
        let heartbeat = try WorkerHeartbeat.decode(
            WorkerHeartbeat(running, of: 4, name: "host-1", ended: false).encode())
        #expect(heartbeat.worker == "host-1/2")
        #expect(heartbeat.state == .ready)
        #expect(heartbeat.pid == 4_711)
        #expect(heartbeat.model.version == "0.0.1")
        #expect(heartbeat.photosAnalysed == 1 && heartbeat.photosFailed == 1 && heartbeat.faces == 2)
        #expect(heartbeat.restarts == 3)
        #expect(heartbeat.lastPhotoAtMs > 0)
        let waiting = try WorkerHeartbeat.decode(
            WorkerHeartbeat(SlotStatus(slot: 1), of: 1, name: "host-1", ended: false).encode())
        #expect(waiting.state == .waiting && !waiting.hasModel)
        #expect(WorkerHeartbeat(running, of: 4, name: "host-1", ended: true).state == .ended)
    }
}
