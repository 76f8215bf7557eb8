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
            guard await isReady(index, after: old) else {
                if stop.isStopped { return }
                return logger.error(
                    "Reload given up: a new process does not get ready, so the others keep their model",
                    metadata: ["worker.slot": "\(index + 1)"])
            }
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

    /// Waits until a process other than `old` is ready in a slot.
    private func isReady(_ index: Int, after old: Int32?) async -> Bool {
        let deadline = ContinuousClock.now + configuration.readyLimit
        while !stop.isStopped, .now < deadline {
            let ticket = board.ticket
            let status = board.status[index]
            if let pid = status.pid, pid != old, status.heartbeat?.state == .ready { return true }
            await board.change(after: ticket, atMost: .seconds(1))
        }
        return false
    }
}
