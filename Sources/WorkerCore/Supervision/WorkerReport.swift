import Contracts
import Foundation
import Kafka
import Logging
import ServiceSupport

/// Publishes how the worker processes are, for the page that operators look at.
///
/// The supervisor does it, not the processes: it also knows of those that hang or have ended.
struct WorkerReport: Sendable {
    private let report: Supervisor.Configuration.Report
    private let board: HealthBoard
    private let producer: Producer
    private let logger: Logger
    private let outage = OccasionalLog()

    init(_ report: Supervisor.Configuration.Report, board: HealthBoard, logger: Logger) throws {
        self.report = report
        self.board = board
        self.logger = logger
        // A heartbeat that is late is worth less than the next one.
        producer = try Producer(report.kafka.setting("delivery.timeout.ms", to: "8000"), logger: logger)
    }

    /// Publishes all heartbeats in every interval, and the changed ones at once, until the supervisor ends.
    func run(until ended: StopSignal) async {
        await withTaskGroup { group in
            group.addTask { await publish(until: ended) }
            await ended.wait()
            // It closes the producer: what is under way to a broker that is away does not hold up the end.
            await farewell()
        }
    }

    private func publish(until ended: StopSignal) async {
        var last: [SlotStatus] = []
        var due = ContinuousClock.now
        while !ended.isStopped {
            let ticket = board.ticket
            let status = board.status
            let isDue = .now >= due
            if isDue { due = .now + report.interval }
            let changed = zip(status, last).filter { $0.state != $1.state || $0.pid != $1.pid }.map(\.0)
            await send(isDue ? status : changed)
            last = status
            await wait(after: ticket, until: due, ended)
        }
    }

    private func wait(after ticket: UInt64, until due: ContinuousClock.Instant, _ ended: StopSignal) async {
        await withTaskGroup { group in
            group.addTask { await board.change(after: ticket, atMost: max(.zero, due - .now)) }
            group.addTask { await ended.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// The last word, which may take a moment and not more: the supervisor is to end.
    private func farewell() async {
        await withTaskGroup { group in
            group.addTask { await send(board.status, ended: true) }
            group.addTask { try? await Task.sleep(for: .milliseconds(700)) }
            await group.next()
            await producer.close(timeout: .zero)
            group.cancelAll()
        }
    }

    private func send(_ status: [SlotStatus], ended: Bool = false) async {
        await withTaskGroup { group in
            for slot in status { group.addTask { await send(slot, ended: ended) } }
        }
    }

    private func send(_ slot: SlotStatus, ended: Bool) async {
        let heartbeat = WorkerHeartbeat(slot, of: board.status.count, name: report.name, ended: ended)
        do {
            _ = try await producer.send(
                topic: report.topics.workers, key: Array(heartbeat.worker.utf8), value: try heartbeat.encode())
        } catch {
            outage.line { heldBack in
                logger.warning(
                    "Heartbeat not published",
                    metadata: ["error": "\(String(reflecting: error))", "held_back": "\(heldBack)"])
            }
        }
    }
}

extension WorkerHeartbeat {
    /// What is told of a slot.
    ///
    /// - Parameter ended: whether the supervisor ends, so that nothing more comes.
    init(_ slot: SlotStatus, of processes: Int, name: String, ended: Bool, now: Date = .now) {
        self.init()
        worker = "\(name)/\(slot.slot)"
        host = name
        self.slot = UInt32(slot.slot)
        self.processes = UInt32(processes)
        pid = UInt32(slot.pid ?? 0)
        release = Release.version
        if let parts = slot.heartbeat?.model?.split(separator: "/"), parts.count == 2 {
            model.name = String(parts[0])
            model.version = String(parts[1])
        }
        state = ended ? .ended : slot.state == "waiting" ? .waiting : WorkerState(slot.heartbeat?.state)
        sentAtMs = now.unixMilliseconds
        sinceMs = slot.since.unixMilliseconds
        photosAnalysed = UInt64(slot.heartbeat?.done.analysed ?? 0)
        photosFailed = UInt64(slot.heartbeat?.done.failed ?? 0)
        faces = UInt64(slot.heartbeat?.done.faces ?? 0)
        residentBytes = UInt64(slot.heartbeat?.residentBytes ?? 0)
        restarts = UInt32(slot.restarts)
        lastEnd = String((slot.lastEnd ?? "").prefix(200))
        lastPhotoAtMs = slot.heartbeat?.done.lastPhotoAtMs ?? 0
    }
}

extension WorkerState {
    /// The state of a process that runs.
    init(_ state: Heartbeat.State?) {
        switch state {
        case .starting, nil: self = .starting
        case .ready: self = .ready
        case .stopping: self = .stopping
        }
    }
}
