/// Says once, to everybody who asks or sleeps, that it is time to stop.
package final class StopSignal: Sendable {
    private let wakeup = Wakeup()

    package init() {}

    /// Whether `stop()` was called.
    package var isStopped: Bool { wakeup.ticket > 0 }

    /// Ends every sleep, now and later.
    package func stop() {
        wakeup.notify()
    }

    /// Sleeps for `duration`, less when the stop comes or the task is cancelled.
    package func sleep(for duration: Duration) async {
        await wakeup.wait(after: 0, atMost: duration)
    }

    /// Returns when the stop comes or the task is cancelled.
    package func wait() async {
        await wakeup.wait(after: 0)
    }
}
