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
    private var lastLooked: ContinuousClock.Instant
    private var overdueSince: ContinuousClock.Instant?
    private var toldToStop: ContinuousClock.Instant?
    private var isKilled = false

    init(silenceLimit: Duration, drainLimit: Duration, now: ContinuousClock.Instant = .now) {
        self.silenceLimit = silenceLimit
        self.drainLimit = drainLimit
        lastHeard = now
        lastLooked = now
    }

    /// A supervisor that looks several times a second and was away for so long did not hear because it was frozen itself,
    /// with its machine or by a signal.
    private static let frozenAfter = Duration.seconds(5)
    /// A child that was frozen is late by its own clock when it wakes, and makes up for it at once.
    private static let overdueGrace = Duration.seconds(1)

    /// Takes in the next event. A child is told to stop once, and killed once.
    mutating func next(_ event: ChildEvent, isStopping: Bool, now: ContinuousClock.Instant) -> Action {
        if case .ended(let status) = event { return .finish(status) }
        if isKilled { return .listen }
        if now - lastLooked > Self.frozenAfter { lastHeard = now }
        lastLooked = now
        if case .heartbeat(let heartbeat) = event {
            lastHeard = now
            overdueSince = heartbeat.isOverdue ? overdueSince ?? now : nil
        }
        if isStopping, toldToStop == nil {
            toldToStop = now
            return .terminate
        }
        if let toldToStop, now - toldToStop >= drainLimit { return kill("not ended in time") }
        if let overdueSince, now - overdueSince >= Self.overdueGrace { return kill("its work hangs") }
        if now - lastHeard >= silenceLimit { return kill("silent for \(now - lastHeard)") }
        return .listen
    }

    private mutating func kill(_ reason: String) -> Action {
        isKilled = true
        return .kill(reason: reason)
    }
}
