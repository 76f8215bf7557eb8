import ServiceLifecycle
import UnixSignals
import WorkerCore

/// Turns SIGHUP into a reload: what `mien models use` sends, and what operators' habits expect.
struct ReloadSignal: Service {
    let supervisor: Supervisor

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { supervisor.reload() }
    }
}
