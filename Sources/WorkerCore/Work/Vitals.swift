import Synchronization

/// What the process knows of itself, and tells its supervisor each second.
final class Vitals: Sendable {
    let pulse = Pulse()
    let tally = Tally()
    private let state = Mutex((now: Heartbeat.State.starting, model: String?.none))
    private let pipe: HeartbeatPipe?

    init(pipe: HeartbeatPipe?) {
        self.pipe = pipe
    }

    /// Names the model that was loaded.
    func loaded(_ model: String) {
        state.withLock { $0.model = model }
    }

    /// Changes the state, but never back from stopping, and tells it at once.
    func become(_ new: Heartbeat.State) {
        state.withLock { if $0.now != .stopping { $0.now = new } }
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
        guard let pipe else { return }
        let (state, model) = state.withLock { $0 }
        pipe.send(
            Heartbeat(
                state: state, isOverdue: pulse.isOverdue, model: model, residentBytes: ProcessMemory.residentBytes ?? 0,
                done: tally.figures))
    }
}
