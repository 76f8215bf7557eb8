import Foundation

@testable import Contracts

enum Sample {
    static let id = "8c6f0a52-3b1e-4c57-9a0e-6d1f2b3c4d5e"
    static let jpeg = Data([0xFF, 0xD8, 0xFF, 0xE0] + [UInt8](repeating: 7, count: 200))

    static var job: JobMessage {
        var job = JobMessage()
        job.analysisID = id
        job.generation = 1
        job.lane = .interactive
        job.ticket = "v1.\(id).1789000000.c2lnbmF0dXJl"
        job.submittedAtMs = 1_795_500_000_000
        job.requestID = "0d9e7c"
        return job
    }

    static var face: Mien_V1_Face {
        var face = Mien_V1_Face()
        face.number = 1
        face.box.x = -2.5
        face.box.y = 40
        face.box.width = 120
        face.box.height = 150
        face.landmarks = (0..<5).map { index in
            var point = Mien_V1_Point()
            point.x = Float(index) * 10
            point.y = 60
            return point
        }
        face.detectorScore = 0.93
        face.probabilities = [0.05, 0.05, 0.1, 0.6, 0.05, 0.05, 0.1]
        face.notes = ["small", "dark"]
        face.activation = activation
        return face
    }

    static var activation: Mien_V1_Activation {
        var map = Mien_V1_Activation()
        map.columns = 6
        map.cells = Data((0..<36).map { UInt8($0 * 7) })
        (map.low, map.high) = (-3.25, 11.5)
        (map.x, map.y, map.side, map.angle) = (-12, 1_034, 165, -90)
        return map
    }

    static var analysis: Mien_V1_Analysis {
        var analysis = Mien_V1_Analysis()
        analysis.width = 4_000
        analysis.height = 3_000
        analysis.previewWidth = 1_600
        analysis.previewHeight = 1_200
        analysis.rotation = 180
        analysis.incomplete = true
        analysis.annotated = jpeg
        analysis.clean = jpeg
        analysis.thumbnail = jpeg
        analysis.faces = [face]
        analysis.model.name = "mien-inception"
        analysis.model.version = "1"
        analysis.model.detector = "centerface"
        var timing = Mien_V1_Timing()
        timing.stage = "decode"
        timing.milliseconds = 5.4
        analysis.timings = [timing]
        return analysis
    }

    static var failure: Mien_V1_Failure {
        var failure = Mien_V1_Failure()
        failure.code = "damaged"
        failure.message = "The photo ends in the middle.\nSend it again from the original."
        return failure
    }

    static var heartbeat: WorkerHeartbeat {
        var heartbeat = WorkerHeartbeat()
        heartbeat.worker = "host-1/2"
        heartbeat.host = "host-1"
        heartbeat.slot = 2
        heartbeat.processes = 4
        heartbeat.pid = 4_711
        heartbeat.release = Release.version
        heartbeat.model.name = "mien-inception"
        heartbeat.model.version = "1"
        heartbeat.state = .ready
        heartbeat.sentAtMs = 1_795_500_000_220
        heartbeat.sinceMs = 1_795_400_000_000
        heartbeat.photosAnalysed = 12_345
        heartbeat.photosFailed = 6
        heartbeat.faces = 20_000
        heartbeat.residentBytes = 200 << 20
        heartbeat.restarts = 1
        heartbeat.lastEnd = "signal 11 (Segmentation fault)"
        heartbeat.lastPhotoAtMs = 1_795_500_000_100
        return heartbeat
    }

    static func result(_ outcome: ResultMessage.OneOf_Outcome?) -> ResultMessage {
        var result = ResultMessage()
        result.analysisID = id
        result.generation = 2
        result.attempt = 1
        result.worker = "host-1/4711"
        result.requestID = "0d9e7c"
        result.startedAtMs = 1_795_500_000_100
        result.finishedAtMs = 1_795_500_000_220
        result.outcome = outcome
        return result
    }
}

/// A generator that gives the same mutations in every run, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
