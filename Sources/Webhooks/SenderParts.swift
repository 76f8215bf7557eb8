import ServiceSupport
import Synchronization
import Transfers

/// The posters that are free, each with a thread of its own.
final class Posters: Sendable {
    private let free: Mutex<[HTTPPoster]>

    init(count: Int) {
        free = Mutex((0..<count).map { _ in HTTPPoster() })
    }

    func take() -> HTTPPoster? { free.withLock { $0.popLast() } }

    func giveBack(_ poster: HTTPPoster) { free.withLock { $0.append(poster) } }
}

/// What is under way, to be waited for at the end, and broken off when that takes too long.
final class Tasks: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
    }
    private let state = Mutex(State())

    func add(_ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            let number = state.next
            state.next += 1
            state.tasks[number] = Task {
                await work()
                self.state.withLock { $0.tasks[number] = nil }
            }
        }
    }

    func finish(within patience: Duration) async {
        let left = state.withLock { Array($0.tasks.values) }
        guard !left.isEmpty else { return }
        let isOver = StopSignal()
        let timer = Task {
            await isOver.sleep(for: patience)
            for task in left { task.cancel() }
        }
        await withTaskCancellationHandler {
            for task in left { await task.value }
        } onCancel: {
            for task in left { task.cancel() }
        }
        isOver.stop()
        await timer.value
    }
}
