import Foundation
import Glibc
import Logging

/// One place for a worker process: starts a child, watches it, and starts the next one when it has ended.
struct SupervisedSlot: Sendable {
    let slot: Int
    let configuration: Supervisor.Configuration
    let board: HealthBoard
    let stop: StopSignal
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
            board.ended(slot, end)
            if stop.isStopped { return }
            if ContinuousClock.now - start >= configuration.healthyAfter { backoff.reset() }
            let delay = backoff.next()
            logger.error(
                "Worker process ended and is started again",
                metadata: ["end": "\(end)", "delay": "\(delay)", "failures": "\(backoff.failures)"])
            await stop.sleep(for: delay)
        }
    }

    /// Runs one child to its end.
    ///
    /// - Returns: how it ended.
    private func runChild() async -> String {
        let child = ChildProcess(label: "child \(slot)")
        var environment = ProcessInfo.processInfo.environment
        // Each of glibc's arenas keeps what photos once needed; two are enough for one photo at a time.
        environment["MALLOC_ARENA_MAX"] = environment["MALLOC_ARENA_MAX"] ?? "2"
        // What a large photo needed goes back at once: without these a process settled at 278 MB after mixed photos,
        // with them at 197 MB, for about 5 ms of system time a photo.
        environment["MALLOC_MMAP_THRESHOLD_"] = environment["MALLOC_MMAP_THRESHOLD_"] ?? "1048576"
        environment["MALLOC_TRIM_THRESHOLD_"] = environment["MALLOC_TRIM_THRESHOLD_"] ?? "4194304"
        do throws(SpawnError) {
            let pid = try await child.start(
                executable: configuration.executable, arguments: configuration.arguments(slot),
                environment: environment)
            board.started(slot, pid: pid)
            logger.info("Worker process started", metadata: ["pid": "\(pid)"])
        } catch {
            logger.critical("Worker process cannot be started", metadata: ["error": "\(error)"])
            return "\(error)"
        }
        var watch = ChildWatch(silenceLimit: configuration.silenceLimit, drainLimit: configuration.drainLimit)
        while true {
            let event = await child.nextEvent(within: tick)
            if case .heartbeat(let heartbeat) = event { board.heard(slot, heartbeat) }
            switch watch.next(event, isStopping: stop.isStopped, now: .now) {
            case .listen: break
            case .terminate: child.send(signal: SIGTERM)
            case .kill(let reason):
                logger.error("Worker process killed", metadata: ["reason": "\(reason)"])
                child.send(signal: SIGKILL)
            case .finish(let status): return finish(status)
            }
        }
    }

    private func finish(_ status: ExitStatus) -> String {
        if stop.isStopped { logger.info("Worker process ended", metadata: ["end": "\(status)"]) }
        return "\(status)"
    }
}
