import ServiceSupport
import Synchronization

/// Asks a slot to put another process in place of the one that runs.
final class Replacement: Sendable {
    private let asked = Mutex(false)
    private let news = Wakeup()

    /// Whether another process is asked for.
    var isAsked: Bool { asked.withLock { $0 } }

    /// Asks for another process.
    func ask() {
        asked.withLock { $0 = true }
        news.notify()
    }

    /// Whether another process was asked for; not any more after this.
    func take() -> Bool {
        asked.withLock { asked in
            defer { asked = false }
            return asked
        }
    }

    /// Sleeps for `delay`, less when another process is asked for or the stop comes.
    func sleep(for delay: Duration, stop: StopSignal) async {
        let ticket = news.ticket
        guard !take() else { return }
        await withTaskGroup { group in
            group.addTask { await stop.sleep(for: delay) }
            group.addTask { [news] in await news.wait(after: ticket, atMost: delay) }
            await group.next()
            group.cancelAll()
        }
        _ = take()
    }
}
