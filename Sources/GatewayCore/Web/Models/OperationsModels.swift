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
    struct Group: Sendable {
        let code: String
        let message: String
        let count: String
        let newest: Moment
    }
    struct Failure: Sendable {
        let id: String
        let shortID: String
        let code: String
        let attempts: Int
        let at: Moment
    }
    struct Room: Sendable {
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
    let groups: [Group]
    let hasFailures: Bool
    let failures: [Failure]
    let rooms: [Room]
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
        groups = figures.groups.map {
            Group(
                code: $0.code, message: $0.message, count: Words.grouped($0.count), newest: Moment($0.newest, now: now))
        }
        hasFailures = !figures.groups.isEmpty
        failures = figures.failures.map {
            let id = $0.id.uuidString.lowercased()
            return Failure(
                id: id, shortID: String(id.prefix(8)), code: $0.code, attempts: $0.attempts,
                at: Moment($0.at, now: now))
        }
        rooms = Self.rooms(figures.storage)
        retention = Words.retention(days: figures.retentionDays)
    }

    private static func rooms(_ storage: StorageFigures?) -> [Room] {
        guard let storage else { return [] }
        let rooms = [
            ("Photos", storage.photos), ("Pictures made of them", storage.previews), ("Results", storage.results),
            ("The whole database", storage.database),
        ]
        return rooms.map { Room(name: $0.0, size: Words.bytes($0.1)) }
            + (storage.free.map { [Room(name: "Free on the disk", size: Words.bytes($0))] } ?? [])
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

/// A worker process.
struct WorkerRow: Sendable {
    let name: String
    let release: String
    let model: String
    /// "ready", or that nothing was heard of it.
    let state: String
    let isAlive: Bool
    let seen: Moment
    let since: Moment
    let photos: String
    let failures: String
    let memory: String
    let restarts: String
    let lastEnd: String?

    /// Heartbeats come every ten seconds: three missed are no accident.
    static let patience = 35.0

    init(_ worker: WorkerFigures, now: Date) {
        let isHeard = now.timeIntervalSince(worker.sentAt) <= Self.patience
        let isGone = worker.state == "ended" || worker.state == "waiting"
        name = worker.name
        release = worker.release
        model = worker.model.isEmpty ? "–" : worker.model
        state = isHeard || isGone ? worker.state : "not heard of"
        isAlive = isHeard && !isGone
        seen = Moment(worker.sentAt, now: now)
        since = Moment(worker.since, now: now)
        photos = Words.grouped(worker.photos)
        failures = Words.grouped(worker.failures)
        memory = worker.residentBytes > 0 ? Words.bytes(worker.residentBytes) : "–"
        restarts = Words.grouped(worker.restarts)
        lastEnd = worker.lastEnd.isEmpty ? nil : worker.lastEnd
    }
}

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
        let worst = slices.map(\.most).max() ?? 0
        return BarChart(
            id: "latency", title: "Time from sending to result",
            description:
                "In the last \(period.rawValue), 95 of 100 results came within \(Words.milliseconds(worst * 1000)) at worst.",
            kinds: ["good", "more"],
            columns: columns(slices, period) { slice in
                let tip =
                    slice.finished == 0
                    ? "nothing finished"
                    : "half within \(Words.milliseconds(slice.median * 1000)), 95 of 100 within \(Words.milliseconds(slice.most * 1000))"
                return (tip, [slice.median, max(0, slice.most - slice.median)])
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

/// Accounts, for administrators.
struct PeopleModel: Sendable {
    struct Person: Sendable {
        let id: String
        let name: String
        let email: String
        let isAdmin: Bool
        let isDisabled: Bool
        /// Whether it is the administrator who asks: nobody locks themselves out.
        let isSelf: Bool
        let joined: Moment
        let seen: Moment?
        let counts: String
        let size: String
    }

    let site: Site
    let notice: String?
    let search: String
    let people: [Person]
    let isEmpty: Bool
    let next: String?

    init(
        site: Site, search: String, people: [PersonFigures], next cursor: HistoryCursor?, asking: UUID, notice: String?,
        now: Date = Date()
    ) {
        self.site = site
        self.notice = notice
        self.search = search
        self.people = people.map { person in
            Person(
                id: person.id.uuidString.lowercased(), name: person.name, email: person.email, isAdmin: person.isAdmin,
                isDisabled: person.isDisabled, isSelf: person.id == asking, joined: Moment(person.createdAt, now: now),
                seen: person.seenAt.map { Moment($0, now: now) },
                counts: "\(Words.grouped(person.finished)) finished, \(Words.grouped(person.failed)) failed",
                size: Words.bytes(person.photoBytes))
        }
        isEmpty = people.isEmpty
        next = cursor.map {
            "/operations/users?before=\($0.text)" + (search.isEmpty ? "" : "&q=\(search.addingPercentEncoding())")
        }
    }
}

/// The audit log, for administrators.
struct AuditModel: Sendable {
    struct Entry: Sendable {
        let at: Moment
        let event: String
        let actor: String
        let subject: String?
        let address: String
        let detail: String
    }

    let site: Site
    let entries: [Entry]
    let isEmpty: Bool
    let next: String?

    init(site: Site, entries: [AuditEntry], now: Date = Date()) {
        self.site = site
        self.entries = entries.map {
            Entry(
                at: Moment($0.at, now: now), event: Self.words($0.event), actor: $0.actor ?? "Somebody",
                subject: $0.subject, address: $0.address, detail: $0.detail)
        }
        isEmpty = entries.isEmpty
        next =
            entries.count == OperationsStore.auditLimit ? entries.last.map { "/operations/audit?before=\($0.id)" } : nil
    }

    /// "log_in_failed" → "Log in failed"
    private static func words(_ event: String) -> String {
        let text = event.replacingOccurrences(of: "_", with: " ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }
}
