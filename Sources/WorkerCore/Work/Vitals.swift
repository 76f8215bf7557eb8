import Synchronization

/// What the process knows of itself, and tells its supervisor each second.
final class Vitals: Sendable {
    let pulse = Pulse()
    let tally = Tally()
    private let state = Mutex(Heartbeat.State.starting)
    private let pipe: HeartbeatPipe?

    init(pipe: HeartbeatPipe?) {
        self.pipe = pipe
    }

    /// Changes the state, but never back from stopping, and tells it at once.
    func become(_ new: Heartbeat.State) {
        state.withLock { if $0 != .stopping { $0 = new } }
        tell()
    }

    /// Tells it each second, until the task is cancelled.
    func beat() async {
        while !Task.isCancelled {
            tell()
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func tell() {
        pipe?.send(Heartbeat(state: state.withLock { $0 }, isOverdue: pulse.isOverdue, done: tally.figures))
    }
}
