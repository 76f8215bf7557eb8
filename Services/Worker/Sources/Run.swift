import ArgumentParser
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import Settings
import Telemetry
import UnixSignals
import Vision
import WorkerCore

/// `mien-worker`: the supervisor, or with `--child` one of its worker processes.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs a supervisor and its worker processes (the default).")

    @Option(help: "Worker processes: auto (one per core), or a number. MIEN_WORKER_PROCESSES by default.")
    var processes: String?

    @Flag(help: .hidden)
    var check = false

    @Option(help: .hidden)
    var child: Int?

    @Option(help: .hidden)
    var supervisor: Int32?

    func validate() throws {
        if let processes, ProcessCount(processes) == nil {
            throw ValidationError("--processes is \"\(processes)\". It takes \"auto\" or a whole number from 1 to 256.")
        }
        if (child == nil) != (supervisor == nil) {
            throw ValidationError("--child and --supervisor are for the supervisor's own use.")
        }
    }

    func run() async throws {
        // A broken pipe or connection is an error to handle, not a reason to die.
        signal(SIGPIPE, SIG_IGN)
        let settings = SettingsReader()
        let log = LogSettings(settings)
        let configuration = WorkerConfiguration(settings)
        do {
            try settings.check()
            try log.bootstrap()
        } catch {
            FileHandle.standardError.write(Data("mien-worker: \(error)\n".utf8))
            throw ExitCode(EX_CONFIG)
        }
        if check {
            await checkModel(configuration)
        } else if let child, let supervisor {
            await runChild(child, of: supervisor, configuration)
        } else {
            try await supervise(configuration)
        }
    }

    private func supervise(_ configuration: WorkerConfiguration) async throws {
        let count = processes.flatMap(ProcessCount.init) ?? configuration.processes
        let logger = Logger(label: "mien.supervisor")
        let own = getpid()
        let number = count.resolved(ceiling: configuration.memoryCeiling)
        var settings = Supervisor.Configuration(processes: number, healthFile: configuration.healthFile) {
            ["--child", "\($0)", "--supervisor", "\(own)"]
        }
        settings.checkArguments = ["--check"]
        settings.report = .init(configuration)
        let supervisor = Supervisor(settings, logger: logger)
        var services: [any Service] = [ReloadSignal(supervisor: supervisor), supervisor]
        if let port = configuration.metricsPort {
            let server = SupervisorServer(supervisor, host: configuration.metricsHost, port: port, logger: logger)
            services.insert(server, at: 0)
        }
        try await ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
    }

    /// Loads the models and ends: whether a reload would work.
    private func checkModel(_ configuration: WorkerConfiguration) async -> Never {
        let logger = Logger(label: "mien.worker")
        do {
            let model = try await Self.load(configuration, logger).model
            logger.info("Model can be loaded", metadata: ["model": "\(model.name)/\(model.version)"])
            _exit(EXIT_SUCCESS)
        } catch {
            logger.error("Model cannot be loaded", metadata: ["error": "\(String(reflecting: error))"])
            _exit(EXIT_FAILURE)
        }
    }

    private static func load(_ configuration: WorkerConfiguration, _ logger: Logger) async throws -> any PhotoAnalysing
    {
        let pipeline = try await LoadingTurn.take(in: configuration.cache) {
            try await Pipeline(Pipeline.Configuration(configuration), logger: logger)
        }
        #if DEBUG
        if PlantedFaults.isAsked { return PlantedFaults(pipeline: pipeline) }
        #endif
        return pipeline
    }

    /// Ends the process by itself: destructors of native libraries must not run while their threads do, and a photo
    /// or a consumer that hangs must not keep the process.
    private func runChild(_ slot: Int, of supervisor: Int32, _ configuration: WorkerConfiguration) async -> Never {
        let logger = Logger(label: "mien.worker")
        guard ParentDeath.follow(supervisor: supervisor) else { _exit(EXIT_FAILURE) }
        let worker = WorkerProcess(configuration: configuration, name: "\(configuration.name)/\(slot)", logger: logger)
        {
            try await Self.load(configuration, logger)
        }
        do {
            try await ServiceGroup(
                services: [worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
            ).run()
            _exit(EXIT_SUCCESS)
        } catch is WorkerProcess.Outgrown {
            _exit(EX_TEMPFAIL)
        } catch {
            logger.critical("Worker process ends", metadata: ["error": "\(String(reflecting: error))"])
            _exit(EXIT_FAILURE)
        }
    }
}
