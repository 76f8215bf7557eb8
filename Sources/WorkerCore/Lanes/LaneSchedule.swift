/// Which job is next: interactive jobs first, but one bulk job in eight while both wait, so that a busy day of
/// single photos cannot starve a bulk upload. Pure state, no clock and no locks.
struct LaneSchedule<Job: Sendable>: Sendable {
    /// Interactive jobs taken in a row, past a waiting bulk job, before that bulk job has its turn.
    static var interactiveRun: Int { 7 }

    private var waiting: [JobLane: [Job]] = [.interactive: [], .bulk: []]
    private var passedOver = 0

    /// Jobs that wait in `lane`.
    func count(in lane: JobLane) -> Int {
        jobs(in: lane).count
    }

    /// Jobs that wait in `lane`, the next one first.
    func jobs(in lane: JobLane) -> [Job] {
        waiting[lane, default: []]
    }

    /// Puts a job before those of its lane that come later, and behind all others.
    ///
    /// - Parameters:
    ///   - count: of the lane's first jobs that stay where they are.
    ///   - isLater: whether another job comes later than this one.
    mutating func insert(_ job: Job, in lane: JobLane, behind count: Int, isLater: (Job) -> Bool) {
        let jobs = jobs(in: lane)
        // Most come in order: from the end, the first look is the last.
        let index = jobs.lastIndex { !isLater($0) }.map { $0 + 1 } ?? 0
        waiting[lane, default: []].insert(job, at: max(index, min(count, jobs.count)))
    }

    /// The lane whose turn it is, of those in which jobs wait.
    var nextLane: JobLane? {
        let bulkWaits = count(in: .bulk) > 0
        guard count(in: .interactive) > 0 else { return bulkWaits ? .bulk : nil }
        return bulkWaits && passedOver >= Self.interactiveRun ? .bulk : .interactive
    }

    /// Counts that a job of this lane is taken, before it is removed.
    mutating func passTurn(to lane: JobLane) {
        // Only a bulk job that really waits is passed over; one that comes later starts counting anew.
        passedOver = lane == .interactive && count(in: .bulk) > 0 ? passedOver + 1 : 0
    }

    /// Takes the first job of a lane.
    mutating func removeFirst(of lane: JobLane) -> Job? {
        count(in: lane) > 0 ? waiting[lane, default: []].removeFirst() : nil
    }

    /// Puts a job in the place of the waiting one that satisfies the condition.
    ///
    /// - Returns: whether there was one.
    mutating func replace(with job: Job, in lane: JobLane, where isReplaced: (Job) -> Bool) -> Bool {
        guard let index = jobs(in: lane).firstIndex(where: isReplaced) else { return false }
        waiting[lane, default: []][index] = job
        return true
    }

    /// Forgets the jobs of `lane` that do not satisfy the condition.
    mutating func keep(in lane: JobLane, where isKept: (Job) -> Bool) {
        waiting[lane, default: []].removeAll { !isKept($0) }
    }
}
