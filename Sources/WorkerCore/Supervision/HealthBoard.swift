import Foundation
import Glibc
import Logging
import ServiceSupport
import Synchronization

/// Where the supervisor's slots note how their processes are, for everybody who tells it further.
final class HealthBoard: Sendable {
    private let slots: Mutex<[SlotStatus]>
    private let file: URL?
    private let logger: Logger
    private let failure = OccasionalLog()
    private let news = Wakeup()

    init(slots: Int, file: URL?, logger: Logger) {
        self.slots = Mutex((1...slots).map { SlotStatus(slot: $0) })
        self.file = file
        self.logger = logger
    }

    /// How everybody is now.
    var status: [SlotStatus] { slots.withLock { $0 } }

    /// What the file would say now.
    var health: Health {
        Health(pid: getpid(), updatedAt: .now, children: status.map(\.health))
    }

    /// Counts changes of state so far.
    var ticket: UInt64 { news.ticket }

    /// Returns when a process has changed its state after `ticket`, or after `limit`.
    func change(after ticket: UInt64, atMost limit: Duration) async {
        await news.wait(after: ticket, atMost: limit)
    }

    func started(_ slot: Int, pid: pid_t) {
        update(slot) { status in
            status.pid = pid
            status.heartbeat = nil
            status.since = .now
        }
    }

    func heard(_ slot: Int, _ heartbeat: Heartbeat) {
        update(slot) { $0.heartbeat = heartbeat }
    }

    /// - Parameter isFailure: whether it ended by itself, instead of being told to.
    func ended(_ slot: Int, _ end: String, isFailure: Bool = true) {
        update(slot) { status in
            status.pid = nil
            status.heartbeat = nil
            status.since = .now
            status.lastEnd = end
            if isFailure { status.restarts += 1 }
        }
    }

    private func update(_ slot: Int, _ body: (inout SlotStatus) -> Void) {
        let isNews = slots.withLock { slots in
            let before = (slots[slot - 1].state, slots[slot - 1].pid)
            body(&slots[slot - 1])
            return before != (slots[slot - 1].state, slots[slot - 1].pid)
        }
        if isNews { news.notify() }
    }

    /// Writes the file every `interval` until the stop, and once more after it.
    func keepWriting(every interval: Duration, until stop: StopSignal) async {
        guard let file else { return }
        while true {
            do { try health.write(to: file) } catch {
                failure.line { _ in
                    logger.error("Health file not written", metadata: ["file": "\(file.path)", "error": "\(error)"])
                }
            }
            if stop.isStopped { return }
            await stop.sleep(for: interval)
        }
    }
}
