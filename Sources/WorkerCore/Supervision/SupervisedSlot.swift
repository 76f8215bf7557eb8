import Foundation
import Glibc
import Logging
import ServiceSupport

/// One place for a worker process: starts a child, watches it, and starts the next one when it has ended.
struct SupervisedSlot: Sendable {
    let slot: Int
    let configuration: Supervisor.Configuration
    let board: HealthBoard
    let stop: StopSignal
    /// Asks for another process in place of the present one.
    let replacement: Replacement
    let logger: Logger

    /// How often the slot looks at its child when the child says nothing.
    private var tick: Duration { .milliseconds(200) }

    /// Runs one child after the other until the stop.
    func run() async {
        let delays = configuration.restartDelays
        var backoff = Backoff(first: delays.lowerBound, longest: delays.upperBound)
        while !stop.isStopped {
            let start = ContinuousClock.now
            let end = await runChild()
            let wasAsked = replacement.take()
            let hasOutgrown = end == .ended(.exited(EX_TEMPFAIL))
            board.ended(slot, end.description, isFailure: !stop.isStopped && !wasAsked && !hasOutgrown)
            if stop.isStopped { return }
            if wasAsked {
                logger.info("Worker process is replaced as asked", metadata: ["end": "\(end)"])
                continue
            }
            if hasOutgrown {
                // It finished its photo and said why. The short wait is for one that outgrows its ceiling by loading its model.
                logger.info("Worker process has outgrown its memory ceiling and is replaced")
                await replacement.sleep(for: delays.lowerBound, stop: stop)
                continue
            }
            if ContinuousClock.now - start >= configuration.healthyAfter { backoff.reset() }
            let delay = backoff.next()
            logger.error(
                "Worker process ended and is started again",
                metadata: ["end": "\(end)", "delay": "\(delay)", "failures": "\(backoff.failures)"])
            // Asked for another one, it does not wait out a failure of the old one.
            await replacement.sleep(for: delay, stop: stop)
        }
    }

    /// Runs one child to its end.
    ///
    /// - Returns: how it ended.
    private func runChild() async -> End {
        let child = ChildProcess(label: "child \(slot)")
        var environment = ProcessInfo.processInfo.environment
        environment.merge(Self.allocator.merging(Self.threads) { own, _ in own }) { own, _ in own }
        do throws(SpawnError) {
            let pid = try await child.start(
                executable: configuration.executable, arguments: configuration.arguments(slot),
                environment: environment)
            board.started(slot, pid: pid)
            logger.info("Worker process started", metadata: ["pid": "\(pid)"])
        } catch {
            logger.critical("Worker process cannot be started", metadata: ["error": "\(error)"])
            return .notStarted("\(error)")
        }
        var watch = ChildWatch(silenceLimit: configuration.silenceLimit, drainLimit: configuration.drainLimit)
        while true {
            let event = await child.nextEvent(within: tick)
            if case .heartbeat(let heartbeat) = event { board.heard(slot, heartbeat) }
            switch watch.next(event, isStopping: stop.isStopped || replacement.isAsked, now: .now) {
            case .listen: break
            case .terminate: child.send(signal: SIGTERM)
            case .kill(let reason):
                logger.error("Worker process killed", metadata: ["reason": "\(reason)"])
                child.send(signal: SIGKILL)
            case .finish(let status): return finish(status)
            }
        }
    }

    private func finish(_ status: ExitStatus) -> End {
        if stop.isStopped { logger.info("Worker process ended", metadata: ["end": "\(status)"]) }
        return .ended(status)
    }

    /// How a child ended, or why there was none.
    private enum End: Equatable, CustomStringConvertible {
        case ended(ExitStatus)
        case notStarted(String)

        var description: String {
            switch self {
            case .ended(let status): status.description
            case .notStarted(let reason): reason
            }
        }
    }

    /// One connection to the gateway needs one thread of SwiftNIO, not one per core: with a process per core their number
    /// would grow with the square of the cores.
    private static let threads = ["NIO_SINGLETON_GROUP_LOOP_COUNT": "1"]

    /// glibc's allocator, set up for one photo at a time: each of its arenas keeps what photos once needed, so two are
    /// enough; and a photo's buffers come from the heap, where the next one finds them without page faults. What a large
    /// photo has left there is given back after it, by ``MemoryWatch``. Without the padding, an arena of two heaps may give
    /// the second one back after each photo (measured: 850 page faults a photo, for as long as the process lives).
    private static let allocator = [
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_MMAP_THRESHOLD_": "67108864",
        "MALLOC_TRIM_THRESHOLD_": "134217728",
        "MALLOC_TOP_PAD_": "33554432",
    ]
}
