import Contracts
import Foundation
import Operations
import Reports

/// A worker process.
struct WorkerRow: Sendable {
    let name: String
    let release: String
    let model: String
    /// "ready", or that nothing was heard of it.
    let state: String
    let isAlive: Bool
    /// Whether it should be there and is not. One that has ended as it was told, as when fewer are wanted, is missed by nobody.
    let isMissing: Bool
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
        let isHeard = now.timeIntervalSince(worker.heardAt) <= Self.patience
        let hasEnded = worker.state == WorkerState.ended.name
        let isGone = hasEnded || worker.state == WorkerState.waiting.name
        name = worker.name
        release = worker.release
        model = worker.model.isEmpty ? "–" : worker.model
        state = isHeard || isGone ? worker.state : "not heard of"
        isAlive = isHeard && !isGone
        isMissing = !isAlive && !hasEnded
        seen = Moment(worker.heardAt, now: now)
        since = Moment(worker.since, now: now)
        photos = Words.grouped(worker.photos)
        failures = Words.grouped(worker.failures)
        memory = worker.residentBytes > 0 ? Words.bytes(worker.residentBytes) : "–"
        restarts = Words.grouped(worker.restarts)
        lastEnd = worker.lastEnd.isEmpty ? nil : worker.lastEnd
    }
}
