/// Decides what to do about a child, from what it says and when. Pure state; the clock is passed in.
struct ChildWatch {
    enum Action: Equatable {
        case listen
        case terminate
        case kill(reason: String)
        case finish(ExitStatus)
    }

    let silenceLimit: Duration
    let drainLimit: Duration
    private var lastHeard: ContinuousClock.Instant
    private var toldToStop: ContinuousClock.Instant?
    private var isKilled = false

    init(silenceLimit: Duration, drainLimit: Duration, now: ContinuousClock.Instant = .now) {
        self.silenceLimit = silenceLimit
        self.drainLimit = drainLimit
        lastHeard = now
    }

    /// Takes in the next event. A child is told to stop once, and killed once.
    mutating func next(_ event: ChildEvent, isStopping: Bool, now: ContinuousClock.Instant) -> Action {
        if case .ended(let status) = event { return .finish(status) }
        if isKilled { return .listen }
        var isOverdue = false
        if case .heartbeat(let heartbeat) = event {
            lastHeard = now
            isOverdue = heartbeat.isOverdue
        }
        if isStopping, toldToStop == nil {
            toldToStop = now
            return .terminate
        }
        if let toldToStop, now - toldToStop >= drainLimit { return kill("not ended in time") }
        if isOverdue { return kill("its work hangs") }
        if now - lastHeard >= silenceLimit { return kill("silent for \(now - lastHeard)") }
        return .listen
    }

    private mutating func kill(_ reason: String) -> Action {
        isKilled = true
        return .kill(reason: reason)
    }
}
