import Analyses
import Foundation
import Operations
import Reports

/// Whether all is well, and if not, what is wrong and what to do.
struct OperationsVerdict: Sendable {
    struct Trouble: Sendable, Equatable {
        /// What is wrong, and since when.
        let text: String
        /// What to do.
        let advice: String
    }

    /// The worst first.
    let troubles: [Trouble]
    /// What is to be said when there are none.
    let calm: String

    /// Somebody who waits before a page for so many seconds is kept waiting.
    private static let patience = 60.0
    /// Photos that were sent by the hundred may wait longer.
    private static let bulkPatience = 3_600.0

    init(_ figures: OperationsFigures, now: Date) {
        let workers = figures.workers.map { WorkerRow($0, now: now) }
        let alive = workers.filter(\.isAlive).count
        let waiting = figures.lanes.reduce(0) { $0 + $1.queued + $1.processing }
        troubles = [
            Self.noWorker(figures, alive: alive, waiting: waiting, now: now), Self.silentBroker(figures),
            Self.fullDisk(figures), Self.pause(figures, now: now), Self.longWait(figures, alive: alive),
            Self.lostWorkers(alive: alive, missing: workers.filter(\.isMissing).count), Self.faults(figures),
        ].compactMap(\.self)
        calm =
            (waiting == 0 ? "Nothing waits" : "\(Words.count(waiting, "photo is", "photos are")) on the way")
            + ", and \(Words.count(alive, "worker process is", "worker processes are")) ready."
    }

    private static func noWorker(_ figures: OperationsFigures, alive: Int, waiting: Int, now: Date) -> Trouble? {
        guard alive == 0 else { return nil }
        let last = figures.workers.map(\.heardAt).max()
        let since = last.map { "since \(Moment($0, now: now).exact)" } ?? "for an hour or longer"
        let who =
            switch waiting {
            case 0: "Photos that come in now would wait"
            case 1: "One photo waits"
            default: "\(Words.grouped(waiting)) photos wait"
            }
        return Trouble(
            text: "\(who): no worker has been heard of \(since).",
            advice: "Start one: “Deploy/local up”, or “docker compose up --detach worker”. No photo is lost.")
    }

    private static func silentBroker(_ figures: OperationsFigures) -> Trouble? {
        guard figures.broker == nil else { return nil }
        return Trouble(
            text: "The broker does not answer.",
            advice: "Photos are taken in all the same, and wait. “mien doctor” says what is wrong with it.")
    }

    private static func fullDisk(_ figures: OperationsFigures) -> Trouble? {
        let floor = figures.minFreeDiskMB << 20
        guard let free = figures.storage?.free, free < floor * 2 else { return nil }
        return Trouble(
            text:
                free < floor
                ? "The disk is full: \(Words.bytes(free)) are free, and no photos are taken in."
                : "The disk is nearly full: \(Words.bytes(free)) are free.",
            advice:
                "Below \(Words.bytes(floor)) no photos are taken in. Make room, or have old photos deleted (MIEN_RETENTION_DAYS)."
        )
    }

    private static func pause(_ figures: OperationsFigures, now: Date) -> Trouble? {
        figures.switches.intakePausedAt.map {
            Trouble(
                text: "No photos have been taken in since \(Moment($0, now: now).exact).",
                advice: "An administrator has paused it. Those that wait are analysed.")
        }
    }

    private static func longWait(_ figures: OperationsFigures, alive: Int) -> Trouble? {
        let late = figures.lanes.filter {
            ($0.oldest ?? 0) > ($0.lane == .interactive ? patience : bulkPatience)
        }
        guard alive > 0, let wait = late.compactMap(\.oldest).max() else { return nil }
        return Trouble(
            text: "Photos wait for \(Words.duration(seconds: Int(wait))).",
            advice:
                "More come in than the workers can analyse, or one is stuck. Start more workers, or look at their log.")
    }

    private static func lostWorkers(alive: Int, missing: Int) -> Trouble? {
        guard alive > 0, missing > 0 else { return nil }
        return Trouble(
            text:
                "\(Words.grouped(missing)) of \(Words.count(alive + missing, "worker process", "worker processes")) cannot be heard.",
            advice: "The table below says how each ended. The others go on.")
    }

    private static func faults(_ figures: OperationsFigures) -> Trouble? {
        let count = figures.groups.filter { FailureWords.canHelp($0.code) }.reduce(0) { $0 + $1.count }
        guard count > 0 else { return nil }
        return Trouble(
            text: "\(Words.count(count, "photo")) failed here, by no fault of the \(count == 1 ? "file" : "files").",
            advice: "See what failed below, try it again, or dismiss it.")
    }
}
