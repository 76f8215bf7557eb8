import Foundation
import Logging
import ServiceSupport

/// Puts new processes in the place of the present ones, one after the other: they load the model that is to be used now.
/// The others go on meanwhile, and each finishes its photo first.
struct Reload: Sendable {
    let configuration: Supervisor.Configuration
    let board: HealthBoard
    let replacements: [Replacement]
    let stop: StopSignal
    let logger: Logger

    /// Handles requests until the stop.
    func run(_ requests: AsyncStream<Void>) async {
        for await _ in requests {
            if stop.isStopped { return }
            await reload()
        }
    }

    private func reload() async {
        logger.info("Reload begins")
        guard await isLoadable() else {
            return logger.error(
                "Reload given up: the new model cannot be loaded. The processes keep theirs; the next start will fail")
        }
        for (index, replacement) in replacements.enumerated() {
            let old = board.status[index].pid
            replacement.ask()
            await untilReady(index, after: old)
            if stop.isStopped { return }
        }
        logger.notice("Reload done", metadata: ["processes": "\(replacements.count)"])
    }

    /// Loads the model in a process that does nothing else, which also fills the cache of compiled models.
    private func isLoadable() async -> Bool {
        guard let arguments = configuration.checkArguments else { return true }
        let child = ChildProcess(label: "reload check")
        do throws(SpawnError) {
            _ = try await child.start(
                executable: configuration.executable, arguments: arguments,
                environment: ProcessInfo.processInfo.environment)
        } catch {
            logger.error("Process for the reload's check cannot be started", metadata: ["error": "\(error)"])
            return false
        }
        let deadline = ContinuousClock.now + configuration.readyLimit
        var isKilled = false
        while true {
            if case .ended(let status) = await child.nextEvent(within: .milliseconds(200)) {
                return status == .exited(EXIT_SUCCESS)
            }
            if !isKilled, stop.isStopped || deadline < .now {
                isKilled = true
                child.send(signal: SIGKILL)
            }
        }
    }

    /// Waits until a process other than `old` is ready in a slot, however long the broker is away: given up here, the slots would
    /// go on with two models.
    private func untilReady(_ index: Int, after old: Int32?) async {
        let deadline = ContinuousClock.now + configuration.readyLimit
        var isTold = false
        while !stop.isStopped {
            let ticket = board.ticket
            let status = board.status[index]
            if let pid = status.pid, pid != old, status.heartbeat?.state == .ready { return }
            if !isTold, .now >= deadline {
                isTold = true
                logger.error(
                    "Reload waits: a new process does not get ready, and until it does the others keep their model",
                    metadata: ["worker.slot": "\(index + 1)"])
            }
            await board.change(after: ticket, atMost: min(configuration.readyLimit, .seconds(1)))
        }
    }
}
