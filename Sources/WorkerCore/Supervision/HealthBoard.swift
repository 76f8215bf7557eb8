import Foundation
import Glibc
import Logging
import Synchronization

/// Where the supervisor's slots note how their children are, for the health file.
final class HealthBoard: Sendable {
    private let children: Mutex<[Health.Child]>
    private let file: URL?
    private let logger: Logger
    private let failure = OccasionalLog()

    init(slots: Int, file: URL?, logger: Logger) {
        children = Mutex(
            (1...slots).map {
                Health.Child(slot: $0, pid: nil, state: "waiting", restarts: 0, lastEnd: nil, photos: 0)
            })
        self.file = file
        self.logger = logger
    }

    /// What the file would say now.
    var health: Health {
        Health(pid: getpid(), updatedAt: .now, children: children.withLock { $0 })
    }

    func started(_ slot: Int, pid: pid_t) {
        children.withLock {
            $0[slot - 1].pid = pid
            $0[slot - 1].state = Heartbeat.State.starting.rawValue
        }
    }

    func heard(_ slot: Int, _ heartbeat: Heartbeat) {
        children.withLock {
            $0[slot - 1].state = heartbeat.state.rawValue
            $0[slot - 1].photos = heartbeat.done.analysed + heartbeat.done.failed
        }
    }

    func ended(_ slot: Int, _ end: String) {
        children.withLock {
            $0[slot - 1].pid = nil
            $0[slot - 1].state = "waiting"
            $0[slot - 1].restarts += 1
            $0[slot - 1].lastEnd = end
        }
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
