/// Says once, to everybody who asks or sleeps, that it is time to stop.
final class StopSignal: Sendable {
    private let wakeup = Wakeup()

    /// Whether `stop()` was called.
    var isStopped: Bool { wakeup.ticket > 0 }

    /// Ends every sleep, now and later.
    func stop() {
        wakeup.notify()
    }

    /// Sleeps for `duration`, less when the stop comes or the task is cancelled.
    func sleep(for duration: Duration) async {
        await wakeup.wait(after: 0, atMost: duration)
    }

    /// Returns when the stop comes or the task is cancelled.
    func wait() async {
        await wakeup.wait(after: 0)
    }
}
