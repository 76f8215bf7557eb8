import Foundation

/// How a worker process's place under the supervisor is.
struct SlotStatus: Sendable {
    /// Its number, from 1.
    let slot: Int
    /// The process; nil while none runs.
    var pid: Int32?
    /// What it said last; nil before it has said anything.
    var heartbeat: Heartbeat?
    /// When the process started; while none runs, when the last one ended.
    var since = Date.now
    /// Processes started after the first.
    var restarts = 0
    /// How the process before this one ended.
    var lastEnd: String?

    /// The state's name.
    var state: String {
        pid == nil ? "waiting" : (heartbeat?.state ?? .starting).rawValue
    }

    /// Its part of the health file.
    var health: Health.Child {
        Health.Child(
            slot: slot, pid: pid, state: state, restarts: restarts, lastEnd: lastEnd,
            photos: (heartbeat?.done.analysed ?? 0) + (heartbeat?.done.failed ?? 0))
    }
}
