import Contracts
public import Foundation
import Glibc
import Kafka
public import Logging
public import ServiceLifecycle
import ServiceSupport

/// Keeps worker processes running: a photo that crashes or hangs its process costs that process, and no more.
public struct Supervisor: Service {
    /// What is run, and how long it may be silent, hang or drain.
    public struct Configuration: Sendable {
        /// The worker processes to keep.
        public var processes: Int
        /// The program; this one, for a real worker.
        public var executable: String
        /// Its arguments, for a slot from 1.
        public var arguments: @Sendable (_ slot: Int) -> [String]
        /// Where the state is written.
        public var healthFile: URL?
        /// Arguments with which the program loads the models, and ends with 0 when that works; nil for no such check
        /// before a reload.
        public var checkArguments: [String]?
        /// Where the processes' heartbeats are published; nil for nowhere.
        public var report: Report?
        /// When a new process has not got ready for so long during a reload, the log tells.
        public var readyLimit: Duration = .seconds(90)
        /// A child that says nothing for so long is killed.
        public var silenceLimit: Duration = .seconds(30)
        /// Children that have not ended so long after the stop are killed: just below the 10 s that a stop may take.
        public var drainLimit: Duration = .seconds(9)
        /// The first and the longest wait before a child is started again.
        public var restartDelays: ClosedRange<Duration> = .milliseconds(500)...(.seconds(30))
        /// A child that has lived so long does not add to the backoff of the next.
        public var healthyAfter: Duration = .seconds(60)

        /// Runs `processes` children of the given program.
        public init(
            processes: Int, executable: String = Self.ownExecutable, healthFile: URL? = nil,
            arguments: @escaping @Sendable (_ slot: Int) -> [String]
        ) {
            self.processes = processes
            self.executable = executable
            self.healthFile = healthFile
            self.arguments = arguments
        }

        /// Where heartbeats go, and in whose name.
        public struct Report: Sendable {
            let kafka: KafkaConfiguration
            let topics: Topics
            let name: String
            /// Between two heartbeats of a process whose state does not change.
            var interval: Duration = .seconds(WorkerHeartbeat.intervalSeconds)

            /// Publishes to the worker's own brokers under its own name.
            public init(_ worker: WorkerConfiguration) {
                kafka = KafkaConfiguration(brokers: worker.brokers, clientID: "mien-worker-\(worker.name)-supervisor")
                topics = worker.topics
                name = worker.name
            }
        }

        /// The running program. Once its file was replaced or deleted, the kernel's own link still leads to it.
        public static var ownExecutable: String {
            let link = "/proc/self/exe"
            let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? link
            return FileManager.default.isExecutableFile(atPath: path) ? path : link
        }
    }

    let configuration: Configuration
    let board: HealthBoard
    private let reloads = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private let logger: Logger

    /// A supervisor that starts its children when it is run.
    public init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        board = HealthBoard(slots: configuration.processes, file: configuration.healthFile, logger: logger)
    }

    /// How the worker processes are now.
    public var health: Health { board.health }

    /// The worker processes' figures in Prometheus' text format.
    public var metricsText: String { WorkerMetrics.text(board.status) }

    /// Asks for new processes in the place of the present ones, one after the other. One request waits at most: a reload
    /// that begins later takes what is set then.
    public func reload() {
        reloads.continuation.yield()
    }

    /// Keeps the children running until the graceful shutdown, or until the task is cancelled because another service failed,
    /// then lets them drain.
    public func run() async throws {
        let stop = StopSignal()
        let written = StopSignal()
        let replacements = (1...configuration.processes).map { _ in Replacement() }
        let reload = Reload(
            configuration: configuration, board: board, replacements: replacements, stop: stop, logger: logger)
        let report = try configuration.report.map { try WorkerReport($0, board: board, logger: logger) }
        logger.info("Supervisor started", metadata: ["processes": "\(configuration.processes)"])
        // A task of its own, which nobody cancels: in a cancelled one no wait lasts, and draining is waiting.
        let keeping = Task {
            await withTaskGroup { group in
                group.addTask { await board.keepWriting(every: .seconds(1), until: written) }
                group.addTask { await report?.run(until: written) }
                group.addTask { await reload.run(reloads.stream) }
                await keepSlots(replacements, until: stop)
                written.stop()
                reloads.continuation.finish()
            }
        }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await keeping.value
            } onGracefulShutdown: {
                stop.stop()
            }
        } onCancel: {
            stop.stop()
        }
        logger.info("Supervisor stopped")
    }

    private func keepSlots(_ replacements: [Replacement], until stop: StopSignal) async {
        await withTaskGroup { slots in
            for (index, replacement) in replacements.enumerated() {
                let slot = SupervisedSlot(
                    slot: index + 1, configuration: configuration, board: board, stop: stop, replacement: replacement,
                    logger: logger.with(slot: index + 1))
                slots.addTask { await slot.run() }
            }
        }
    }
}

extension Logger {
    fileprivate func with(slot: Int) -> Logger {
        var logger = self
        logger[metadataKey: "worker.slot"] = "\(slot)"
        return logger
    }
}
