import Contracts
import Foundation
import SwiftProtobuf

/// A job that was read, with the times that its result tells.
struct Job: Sendable {
    let message: JobMessage
    /// The trace that it belongs to.
    let trace: TraceContext
    /// When its analysis began; when it was read, before that.
    private(set) var started = Date.now
    private(set) var attempt: UInt32 = 0
    private var fetching: Duration = .zero

    /// - Parameter message: the job, just taken from the local queue.
    init(message: JobMessage, trace: TraceContext = TraceContext()) {
        self.message = message
        self.trace = trace
    }

    /// The job once its photo is here.
    func claimed(attempt: UInt32, after fetching: Duration) -> Job {
        var job = self
        job.fetching += fetching
        job.attempt = attempt
        return job
    }

    /// The job now that its analysis begins.
    func begun() -> Job {
        var job = self
        job.started = .now
        return job
    }

    /// The stages before the pipeline: the wait from the upload to the beginning of the analysis, and in it the claim.
    var timings: [(stage: String, duration: Duration)] {
        let submitted = Double(message.submittedAtMs) / 1_000
        // Two machines' clocks: a worker's that is behind must not make the wait negative.
        let wait = max(.zero, .seconds(started.timeIntervalSince1970 - submitted) - fetching)
        return [("wait", wait), ("fetch", fetching)]
    }

    /// The time since the upload.
    var age: Duration {
        .seconds(max(0, Date.now.timeIntervalSince1970 - Double(message.submittedAtMs) / 1_000))
    }

    /// The message to the gateway.
    func result(_ outcome: Mien_V1_ResultMessage.OneOf_Outcome, worker: String) -> ResultMessage {
        .with {
            $0.analysisID = message.analysisID
            $0.generation = message.generation
            $0.attempt = attempt
            $0.worker = worker
            $0.requestID = message.requestID
            $0.startedAtMs = started.unixMilliseconds
            $0.finishedAtMs = Date.now.unixMilliseconds
            $0.outcome = outcome
        }
    }
}

extension Date {
    /// Unix time in whole milliseconds.
    var unixMilliseconds: Int64 {
        Int64((timeIntervalSince1970 * 1_000).rounded())
    }
}
