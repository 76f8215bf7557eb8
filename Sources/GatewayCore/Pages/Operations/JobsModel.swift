import Analyses
import Foundation
import Operations
import Reports

/// Analyses one by one, for administrators.
struct JobsModel: Sendable {
    struct Tab: Sendable {
        let name: String
        let address: String
        let isChosen: Bool
    }
    struct Job: Sendable {
        let id: String
        let owner: String
        /// All of that account.
        let ownerAddress: String
        let lane: String
        let state: String
        let isFailed: Bool
        let attempts: String
        let submitted: Moment
        let request: String
        /// The process that took it last; nil where none has.
        let worker: String?
    }

    let site: Site
    let search: String
    let tabs: [Tab]
    let jobs: [Job]
    let hasJobs: Bool
    /// "The first 100."
    let cut: String?
    /// What an empty list means.
    let nothing: String

    init(site: Site, list: JobList?, search: String, jobs: [JobFigures], now: Date = Date()) {
        self.site = site
        self.search = search
        tabs = JobList.allCases.map {
            Tab(name: Self.name($0), address: "/operations/jobs?list=\($0.rawValue)", isChosen: $0 == list)
        }
        self.jobs = jobs.map { Self.job($0, now: now) }
        hasJobs = !jobs.isEmpty
        cut =
            jobs.count == OperationsStore.jobLimit
            ? "The \(list == .waiting ? "oldest" : "newest") \(OperationsStore.jobLimit)." : nil
        nothing =
            switch list {
            case .waiting: "No photo waits."
            case .failed: "No failures that nobody has looked at."
            case .ended: "Nothing has been analysed yet."
            case nil: "No photo has this number. If it is from an error page, the gateway’s log has it too."
            }
    }

    private static func name(_ list: JobList) -> String {
        switch list {
        case .waiting: "Waiting"
        case .failed: "Failed"
        case .ended: "Ended"
        }
    }

    private static func job(_ job: JobFigures, now: Date) -> Job {
        Job(
            id: job.id.lower, owner: job.owner,
            ownerAddress: "/operations/users?q=\(job.owner.addingPercentEncoding())",
            lane: LaneWords.name(job.lane), state: state(job), isFailed: job.status == .failed,
            attempts: Words.grouped(job.attempts), submitted: Moment(job.submittedAt, now: now),
            request: job.requestID, worker: job.worker)
    }

    private static func state(_ job: JobFigures) -> String {
        switch job.status {
        case .queued: "waiting"
        case .processing: "being analysed"
        case .failed: "failed: \(job.reason ?? "no reason was recorded") (\(job.code ?? "unknown"))"
        case .finished: "finished"
        case .cancelled: "cancelled"
        }
    }
}

/// What the two lanes are called.
enum LaneWords {
    static func name(_ lane: AnalysisLane) -> String {
        lane == .interactive ? "Somebody waits" : "Many at once"
    }
}
