public import Foundation
import Glibc
public import Logging
public import ServiceLifecycle

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

        /// The running program. Once its file was replaced or deleted, the kernel's own link still leads to it.
        public static var ownExecutable: String {
            let link = "/proc/self/exe"
            let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? link
            return FileManager.default.isExecutableFile(atPath: path) ? path : link
        }
    }

    let configuration: Configuration
    let board: HealthBoard
    private let logger: Logger

    /// A supervisor that starts its children when it is run.
    public init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        board = HealthBoard(slots: configuration.processes, file: configuration.healthFile, logger: logger)
    }

    /// Keeps the children running until the graceful shutdown, then lets them drain.
    public func run() async throws {
        let stop = StopSignal()
        let written = StopSignal()
        logger.info("Supervisor started", metadata: ["processes": "\(configuration.processes)"])
        await withGracefulShutdownHandler {
            await withTaskGroup { group in
                group.addTask { await board.keepWriting(every: .seconds(1), until: written) }
                await withTaskGroup { slots in
                    for slot in 1...configuration.processes {
                        let logger = logger.with(slot: slot)
                        let slot = SupervisedSlot(
                            slot: slot, configuration: configuration, board: board, stop: stop, logger: logger)
                        slots.addTask { await slot.run() }
                    }
                }
                written.stop()
            }
        } onGracefulShutdown: {
            stop.stop()
        }
        logger.info("Supervisor stopped")
    }
}

extension Logger {
    fileprivate func with(slot: Int) -> Logger {
        var logger = self
        logger[metadataKey: "worker.slot"] = "\(slot)"
        return logger
    }
}
