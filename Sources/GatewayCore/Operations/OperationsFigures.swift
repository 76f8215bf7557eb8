import Foundation

/// A lane's queue.
struct LaneFigures: Sendable, Equatable {
    let lane: AnalysisLane
    let queued: Int
    let processing: Int
    /// Seconds that the oldest open job has waited; nil without one.
    let oldest: Double?
}

/// What ended in one slice of time.
struct ThroughputSlice: Sendable, Equatable {
    let start: Date
    let finished: Int
    let failed: Int
    /// Seconds from submission to result: half were faster, and 95 of 100.
    let median: Double
    let most: Double
}

/// Over which time the charts go.
enum ThroughputPeriod: String, Sendable, CaseIterable {
    case hour, day, week

    /// Length of a slice in seconds, and how many there are.
    var slices: (seconds: Int, count: Int) {
        switch self {
        case .hour: (120, 30)
        case .day: (3_600, 24)
        case .week: (21_600, 28)
        }
    }
}

/// Failures of one kind that nobody has dismissed.
struct FailureGroup: Sendable, Equatable {
    let code: String
    let message: String
    let count: Int
    let newest: Date
}

/// One failure.
struct FailureEntry: Sendable, Equatable {
    let id: UUID
    let code: String
    let attempts: Int
    let at: Date
}

/// A worker process as its newest heartbeat told of it.
struct WorkerFigures: Sendable, Equatable {
    let name: String
    let release: String
    let model: String
    let state: String
    let sentAt: Date
    let since: Date
    let photos: Int
    let failures: Int
    let residentBytes: Int
    let restarts: Int
    let lastEnd: String
}

/// Where the room goes.
struct StorageFigures: Sendable, Equatable {
    let photos: Int
    let previews: Int
    let results: Int
    let database: Int
    let analyses: Int
    /// Bytes free where the gateway looks; nil when it cannot.
    var free: Int?
}
