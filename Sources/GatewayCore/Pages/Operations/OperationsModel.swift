import Analyses
import Contracts
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

    /// A number at the top of the page that leads to what is behind it.
    struct Tile: Sendable {
        let name: String
        let value: String
        let address: String
        let isBad: Bool
    }

    let site: Site
    let notice: String?
    let isWell: Bool
    let calm: String
    let troubles: [OperationsVerdict.Trouble]
    let tiles: [Tile]
    let pausedSince: Moment?
    /// Whether people log in by a password, and so may register by a form.
    let takesPasswords: Bool
    /// Who gets in where they do not.
    let letsIn: String
    let isOpen: Bool
    let lanes: [Lane]
    let outbox: String
    let results: String?
    let deadJobs: String?
    let deadResults: String?
    let periods: [Period]
    let throughput: BarChart
    let latency: BarChart
    let workers: [WorkerRow]
    let hasWorkers: Bool
    let alive: String
    /// What failed here.
    let groups: [FailureGroupRow]
    let hasFailures: Bool
    let failures: [FailureRow]
    /// Files that nobody could analyse: no fault, and nothing to try again.
    let refused: [FailureGroupRow]
    let hasRefused: Bool
    let storage: [StorageRow]
    let retention: String?
    let release: String
    let started: Moment

    init(
        site: Site, _ figures: OperationsFigures, ways: LogInWays = LogInWays(), notice: String?, now: Date = Date()
    ) {
        self.site = site
        self.notice = notice
        let verdict = OperationsVerdict(figures, now: now)
        (isWell, calm, troubles) = (verdict.troubles.isEmpty, verdict.calm, verdict.troubles)
        tiles = Self.tiles(figures, now: now)
        pausedSince = figures.switches.intakePausedAt.map { Moment($0, now: now) }
        isOpen = figures.switches.registration == .open
        takesPasswords = ways.takesPasswords
        let provider = ways.provider ?? "The provider"
        letsIn =
            ways.providerRegisters
            ? "\(provider) lets people in, and makes their accounts."
            : "\(provider) lets in those who have an account here."
        let broker = figures.broker
        lanes = figures.lanes.map { lane in
            Lane(
                name: LaneWords.name(lane.lane), queued: Words.grouped(lane.queued),
                processing: Words.grouped(lane.processing),
                oldest: lane.oldest.map { Words.duration(seconds: Int($0)) } ?? "–",
                lag: broker.map { Words.grouped(lane.lane == .interactive ? $0.interactive : $0.bulk) })
        }
        outbox = Words.grouped(figures.outbox)
        results = broker.map { Words.grouped($0.results) }
        deadJobs = broker.map { Words.grouped($0.deadJobs) }
        deadResults = broker.map { Words.grouped($0.deadResults) }
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
        let faults = figures.groups.filter { FailureWords.canHelp($0.code) }
        groups = faults.map { FailureGroupRow($0, now: now) }
        hasFailures = !faults.isEmpty
        failures = figures.failures.map { FailureRow($0, now: now) }
        let files = figures.groups.filter { !FailureWords.canHelp($0.code) }
        refused = files.map { FailureGroupRow($0, now: now) }
        hasRefused = !files.isEmpty
        storage = Self.rows(figures.storage)
        retention = Words.retention(days: figures.retentionDays)
        release = Release.version
        started = Moment(figures.startedAt, now: now)
    }

    private static func tiles(_ figures: OperationsFigures, now: Date) -> [Tile] {
        let waiting = figures.lanes.reduce(0) { $0 + $1.queued }
        let oldest = figures.lanes.compactMap(\.oldest).max()
        let workers = figures.workers.map { WorkerRow($0, now: now) }
        let alive = workers.filter(\.isAlive).count
        let missing = workers.filter(\.isMissing).count
        let free = figures.storage?.free
        return [
            Tile(
                name: "Photos waiting", value: Words.grouped(waiting), address: "/operations/jobs?list=waiting",
                isBad: false),
            Tile(
                name: "Longest wait", value: oldest.map { Words.duration(seconds: Int($0)) } ?? "–",
                address: "/operations/jobs?list=waiting", isBad: false),
            Tile(
                name: "Analysed a minute", value: Words.decimal(Double(figures.pace.ended) / 10), address: "#pace",
                isBad: false),
            Tile(
                name: "95 of 100 within", value: figures.pace.p95.map(Self.time) ?? "–", address: "#pace", isBad: false
            ),
            Tile(
                name: "Workers ready", value: "\(Words.grouped(alive)) of \(Words.grouped(alive + missing))",
                address: "#workers", isBad: alive == 0 || missing > 0),
            Tile(
                name: "Free on the disk", value: free.map(Words.bytes) ?? "–", address: "#storage",
                isBad: free.map { $0 < figures.minFreeDiskMB << 21 } ?? false),
        ]
    }

    private static func time(_ seconds: Double) -> String {
        seconds < 90 ? Words.milliseconds(seconds * 1000) : Words.duration(seconds: Int(seconds))
    }

    private static func rows(_ storage: StorageFigures?) -> [StorageRow] {
        guard let storage else { return [] }
        var rows = [
            ("Photos", storage.photos), ("Pictures made of them", storage.previews), ("Results", storage.results),
            ("The whole database", storage.database),
        ]
        if storage.bin.photos > 0 {
            rows.insert(("Of these in bins, \(Words.count(storage.bin.photos, "photo"))", storage.bin.bytes), at: 1)
        }
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
    let pace: PaceFigures
    let workers: [WorkerFigures]
    let groups: [FailureGroup]
    /// Of those that are no fault of the file.
    let failures: [FailureEntry]
    let storage: StorageFigures?
    /// Below it, no photos are taken in.
    let minFreeDiskMB: Int
    let retentionDays: Int
    /// When this gateway began.
    let startedAt: Date
}
