package import Analyses
package import Foundation

/// A lane's queue.
package struct LaneFigures: Sendable, Equatable {
    package let lane: AnalysisLane
    package let queued: Int
    package let processing: Int
    /// Seconds that the oldest open job has waited; nil without one.
    package let oldest: Double?
}

/// What ended in one slice of time.
package struct ThroughputSlice: Sendable, Equatable {
    package let start: Date
    package let finished: Int
    package let failed: Int
    /// Seconds from submission to result: half were faster, and 95 of 100.
    package let median: Double
    package let p95: Double
}

/// Over which time the charts go.
package enum ThroughputPeriod: String, Sendable, CaseIterable {
    case hour, day, week

    /// Length of a slice in seconds, and how many there are.
    package var slices: (seconds: Int, count: Int) {
        switch self {
        case .hour: (120, 30)
        case .day: (3_600, 24)
        case .week: (21_600, 28)
        }
    }
}

/// How fast photos are analysed now.
package struct PaceFigures: Sendable, Equatable {
    /// Analyses that ended in the last ten minutes.
    package let ended: Int
    /// Seconds within which 95 of 100 results of the last hour came; nil without any.
    package let p95: Double?

    package init(ended: Int, p95: Double?) {
        self.ended = ended
        self.p95 = p95
    }
}

/// Failures of one kind that nobody has dismissed.
package struct FailureGroup: Sendable, Equatable {
    package let code: String
    package let message: String
    package let count: Int
    package let newest: Date
}

/// One failure.
package struct FailureEntry: Sendable, Equatable {
    package let id: UUID
    package let code: String
    package let attempts: Int
    package let at: Date
}

/// A worker process as its newest heartbeat told of it.
package struct WorkerFigures: Sendable, Equatable {
    package let name: String
    package let release: String
    package let model: String
    package let state: String
    /// By the database's clock.
    package let heardAt: Date
    package let since: Date
    package let photos: Int
    package let failures: Int
    package let residentBytes: Int
    package let restarts: Int
    package let lastEnd: String
}

/// Where the room goes.
package struct StorageFigures: Sendable, Equatable {
    package let photos: Int
    package let previews: Int
    package let results: Int
    package let database: Int
    package let analyses: Int
    /// What people have deleted and can put back.
    package var bin = BinFigures(photos: 0, bytes: 0)
    /// Bytes free where the gateway looks; nil when it cannot.
    package var free: Int?
}
