import Contracts
import Foundation
import SwiftProtobuf

/// A job that was read, with the times that its result tells.
struct Job: Sendable {
    let message: JobMessage
    let started: Date
    private let fetched: ContinuousClock.Instant
    private var claimed: ContinuousClock.Instant?
    private(set) var attempt: UInt32 = 0

    /// - Parameter message: the job, just taken from the local queue.
    init(message: JobMessage) {
        self.message = message
        started = .now
        fetched = .now
    }

    /// The job once its photo is here.
    func claimed(attempt: UInt32) -> Job {
        var job = self
        job.claimed = .now
        job.attempt = attempt
        return job
    }

    /// The stages before the pipeline: from the upload to the start of work, and the claim with all its waiting.
    var timings: [(stage: String, duration: Duration)] {
        let submitted = Double(message.submittedAtMs) / 1_000
        // Two machines' clocks: a worker's that is behind must not make the wait negative.
        let wait = max(0, started.timeIntervalSince1970 - submitted)
        return [("wait", .seconds(wait)), ("fetch", (claimed ?? fetched) - fetched)]
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
