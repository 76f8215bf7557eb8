import Foundation
import Kafka

/// What a ``LaneQueue`` holds: jobs that wait, the claims of those at the front, and those that were taken.
///
/// **One photo ahead.** The first job of each lane is claimed while another photo is analysed, so that the processor
/// does not wait for the gateway. A claim counts as an attempt, though, and a photo that kills its process would have an
/// innocent neighbour blamed as often as itself. So a photo that was claimed before, here or elsewhere, is analysed
/// alone: nothing is claimed beside it, and it goes before all others.
///
/// **Turn by turn.** A consumer hands out its partitions one after the other, each with all that it has fetched. Photos are
/// taken in the order in which they were sent, over all partitions; those of one partition never overtake each other, since
/// storing an offset says that all before it are done.
///
/// **Offsets in order.** A record is given out for storing its offset only when all that were taken before it in its lane
/// are settled too.
struct LaneState<Claimed: Sendable>: Sendable {
    /// The claim of a lane's first job.
    private enum Claim {
        case asked(Int)
        case granted(Int, Claimed)

        var number: Int {
            switch self {
            case .asked(let number), .granted(let number, _): number
            }
        }
    }

    private(set) var isClosed = false
    private var schedule = LaneSchedule<QueuedJob>()
    private var claims: [JobLane: Claim] = [:]
    private var taken: [JobLane: [(job: QueuedJob, isSettled: Bool)]] = [:]
    /// The job beside which nothing is claimed.
    private var alone: QueuedJob?
    private var lastNumber = 0
    /// The newest turn of each partition.
    private var newest: [JobLane: [Int32: Date]] = [:]

    /// Jobs that wait in a lane.
    func count(in lane: JobLane) -> Int { schedule.count(in: lane) }

    /// Whether a photo is here or asked for.
    var hasClaims: Bool { !claims.isEmpty }

    /// Puts a fetched record in its lane. One that is here already takes the place of the older one, whose offset can no
    /// longer be stored.
    mutating func offer(_ record: Record, in lane: JobLane) {
        if isClosed { return }
        if let job = schedule.jobs(in: lane).first(where: { $0.isSame(as: record, in: lane) }) {
            _ = schedule.replace(with: job.redelivered(as: record), in: lane) { $0.number == job.number }
        } else if let index = taken[lane]?.firstIndex(where: { $0.job.isSame(as: record, in: lane) }),
            let job = taken[lane]?[index].job
        {
            taken[lane]?[index].job = job.redelivered(as: record)
        } else {
            lastNumber += 1
            let turn = max(
                record.timestamp ?? .distantPast, newest[lane]?[record.partition] ?? .distantPast)
            newest[lane, default: [:]][record.partition] = turn
            // The first one's photo may be here already.
            schedule.insert(
                QueuedJob(record: record, lane: lane, number: lastNumber, turn: turn), in: lane,
                behind: claims[lane] == nil ? 0 : 1
            ) { $0.turn > turn }
        }
    }

    /// A job whose photo is to be asked for: the first of a lane, interactive before bulk.
    mutating func nextToClaim() -> QueuedJob? {
        guard !isClosed, alone == nil else { return nil }
        for lane in [JobLane.interactive, .bulk] where claims[lane] == nil {
            guard let job = schedule.jobs(in: lane).first else { continue }
            claims[lane] = .asked(job.number)
            return job
        }
        return nil
    }

    /// The photo of a job is here. Nothing happens when the job was forgotten meanwhile.
    mutating func grant(_ job: QueuedJob, _ claimed: Claimed, isFirst: Bool) {
        guard claims[job.lane]?.number == job.number else { return }
        claims[job.lane] = .granted(job.number, claimed)
        if !isFirst { alone = job }
    }

    /// There is nothing to do for a job whose photo was asked for.
    mutating func turnDown(_ job: QueuedJob) {
        guard claims[job.lane]?.number == job.number else { return }
        claims[job.lane] = nil
        if let job = schedule.removeFirst(of: job.lane) { taken[job.lane, default: []].append((job, true)) }
    }

    /// The next job to analyse, once its photo is here.
    mutating func nextToAnalyse() -> (job: QueuedJob, claimed: Claimed)? {
        guard let lane = alone?.lane ?? schedule.nextLane, case .granted(_, let claimed) = claims[lane] else {
            return nil
        }
        schedule.passTurn(to: lane)
        claims[lane] = nil
        guard let job = schedule.removeFirst(of: lane) else { return nil }
        taken[lane, default: []].append((job, false))
        return (job, claimed)
    }

    /// The effect of a job is durable.
    mutating func settle(_ job: QueuedJob) {
        if alone?.number == job.number { alone = nil }
        guard let index = taken[job.lane]?.firstIndex(where: { $0.job.number == job.number }) else { return }
        taken[job.lane]?[index].isSettled = true
    }

    /// Takes the records whose offsets may be stored, in the order of their delivery.
    mutating func takeSettled(in lane: JobLane) -> [Record] {
        let settled = taken[lane, default: []].prefix { $0.isSettled }.map(\.job.record)
        taken[lane]?.removeFirst(settled.count)
        return settled
    }

    /// Forgets what waits from other partitions.
    mutating func keepOnly(_ partitions: Set<Int32>, in lane: JobLane) {
        keep(in: lane) { partitions.contains($0.record.partition) }
    }

    /// Takes no more, and forgets all but the jobs whose photos are here or asked for.
    mutating func close() {
        isClosed = true
        for lane in JobLane.allCases {
            let claimed = claims[lane]?.number
            keep(in: lane) { $0.number == claimed }
        }
    }

    /// Forgets the photos that were asked for and are not here.
    mutating func abandonAsked() {
        for case (let lane, .asked(let number)) in claims { keep(in: lane) { $0.number != number } }
    }

    private mutating func keep(in lane: JobLane, where isKept: (QueuedJob) -> Bool) {
        schedule.keep(in: lane, where: isKept)
        guard let claim = claims[lane], schedule.jobs(in: lane).first?.number != claim.number else { return }
        claims[lane] = nil
        if alone?.number == claim.number { alone = nil }
    }
}
