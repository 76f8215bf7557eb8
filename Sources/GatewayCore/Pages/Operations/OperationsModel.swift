import Analyses
import Foundation
import Operations
import Reports

/// How the site runs, for administrators.
struct OperationsModel: Sendable {
    struct Lane: Sendable {
        let name: String
        let queued: String
        let processing: String
        let oldest: String
        /// Jobs in the broker that no worker has read; nil when it does not answer.
        let lag: String?
    }
    struct Period: Sendable {
        let address: String
        let name: String
        let isChosen: Bool
    }
    struct StorageRow: Sendable {
        let name: String
        let size: String
    }

    let site: Site
    let notice: String?
    let pausedSince: Moment?
    let isOpen: Bool
    let lanes: [Lane]
    let outbox: String
    let results: String?
    let deadJobs: String?
    let deadResults: String?
    let brokerAnswers: Bool
    let periods: [Period]
    let throughput: BarChart
    let latency: BarChart
    let workers: [WorkerRow]
    let hasWorkers: Bool
    let alive: String
    let groups: [FailureGroupRow]
    let hasFailures: Bool
    let failures: [FailureRow]
    let storage: [StorageRow]
    let retention: String?

    init(site: Site, _ figures: OperationsFigures, notice: String?, now: Date = Date()) {
        self.site = site
        self.notice = notice
        pausedSince = figures.switches.intakePausedAt.map { Moment($0, now: now) }
        isOpen = figures.switches.registration == .open
        let broker = figures.broker
        lanes = figures.lanes.map { lane in
            Lane(
                name: lane.lane == .interactive ? "Interactive" : "Bulk", queued: Words.grouped(lane.queued),
                processing: Words.grouped(lane.processing),
                oldest: lane.oldest.map { Words.duration(seconds: Int($0)) } ?? "–",
                lag: broker.map { Words.grouped(lane.lane == .interactive ? $0.interactive : $0.bulk) })
        }
        outbox = Words.grouped(figures.outbox)
        results = broker.map { Words.grouped($0.results) }
        deadJobs = broker.map { Words.grouped($0.deadJobs) }
        deadResults = broker.map { Words.grouped($0.deadResults) }
        brokerAnswers = broker != nil
        periods = ThroughputPeriod.allCases.map {
            Period(
                address: "/operations?period=\($0.rawValue)", name: "Last \($0.rawValue)",
                isChosen: $0 == figures.period)
        }
        throughput = .throughput(figures.slices, figures.period)
        latency = .latency(figures.slices, figures.period)
        workers = figures.workers.map { WorkerRow($0, now: now) }
        hasWorkers = !figures.workers.isEmpty
        alive = Words.count(workers.filter(\.isAlive).count, "process is alive", "processes are alive")
        groups = figures.groups.map { FailureGroupRow($0, now: now) }
        hasFailures = !figures.groups.isEmpty
        failures = figures.failures.map { FailureRow($0, now: now) }
        storage = Self.rows(figures.storage)
        retention = Words.retention(days: figures.retentionDays)
    }

    private static func rows(_ storage: StorageFigures?) -> [StorageRow] {
        guard let storage else { return [] }
        let rows = [
            ("Photos", storage.photos), ("Pictures made of them", storage.previews), ("Results", storage.results),
            ("The whole database", storage.database),
        ]
        return rows.map { StorageRow(name: $0.0, size: Words.bytes($0.1)) }
            + (storage.free.map { [StorageRow(name: "Free on the disk", size: Words.bytes($0))] } ?? [])
    }
}

/// All that the page shows, read at one time.
struct OperationsFigures: Sendable {
    let switches: SiteSwitches.State
    let lanes: [LaneFigures]
    let outbox: Int
    /// Nil when the broker does not answer.
    let broker: BrokerWatch.Figures?
    let period: ThroughputPeriod
    let slices: [ThroughputSlice]
    let workers: [WorkerFigures]
    let groups: [FailureGroup]
    let failures: [FailureEntry]
    let storage: StorageFigures?
    let retentionDays: Int
}
