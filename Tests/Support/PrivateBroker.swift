import Blocking
import Foundation

/// A Kafka-protocol broker of the tests' own, in a temporary directory and on a free port of 127.0.0.1.
///
/// It ends with the test process, however that ends. It is noida-db, which keeps what it has on disk only when it is
/// stopped; killed, it loses the newest records and offsets: a broker whose disk is lost. With `MIEN_TEST_KAFKA` it is a node
/// of Apache Kafka, which keeps them.
public actor PrivateBroker {
    private nonisolated let thread: BlockingExecutor
    private nonisolated let port: Int
    private let controllerPort: Int
    private let program: BrokerProgram
    private let directory: String
    private var server: ChildProcess?

    /// The thread that starts the servers. It must never end: the kernel ends them with it.
    private static let sharedThread = BlockingExecutor(label: "mien.brokers")
    private static let sharedStart = Task { try await start() }

    /// The thread on which waiting is allowed.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private init() throws {
        thread = Self.sharedThread
        program = try BrokerProgram.chosen()
        port = try LocalPort.free()
        controllerPort = try LocalPort.free()
        directory = NSTemporaryDirectory() + "mien-broker-\(getpid())-\(port)"
        try Self.removeRemains()
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        Remains.shared.add(directory: directory)
    }

    /// Starts a broker without topics; returns when it accepts connections.
    public static func start() async throws -> PrivateBroker {
        var failure: (any Error)?
        // Between looking for a free port and using it, somebody else may take it.
        for _ in 0..<5 {
            let broker = try PrivateBroker()
            do {
                try await broker.launch()
                return broker
            } catch {
                await broker.stop()
                failure = error
            }
        }
        throw failure ?? ChildProcessError("no broker")
    }

    /// The broker that all tests of the process share. Whoever kills a broker starts one.
    public static func shared() async throws -> PrivateBroker {
        try await sharedStart.value
    }

    /// Its address, for `MIEN_KAFKA_BROKERS`.
    public nonisolated var brokers: String { "127.0.0.1:\(port)" }

    /// Kills it as a crash would. What it had not written to its disk is lost.
    public func kill() {
        end(by: SIGKILL)
    }

    /// Starts a killed broker again at the same address, or stops and starts a living one; returns when it accepts
    /// connections.
    public func restart() async throws {
        end(by: SIGTERM)
        try await launch()
    }

    /// Loses all topics and offsets, as with an exchanged disk; comes back empty at the same address.
    public func wipe() async throws {
        end(by: SIGKILL)
        try? FileManager.default.removeItem(atPath: data)
        try await launch()
    }

    /// Makes it hang: connections stay open, and nothing is answered until ``resume()``.
    public func pause() {
        server?.pause()
    }

    /// Lets it go on after ``pause()``.
    public func resume() {
        server?.send(SIGCONT)
    }

    /// Stops it and removes its files.
    public func stop() {
        end(by: SIGKILL)
        try? FileManager.default.removeItem(atPath: directory)
        Remains.shared.remove(directory: directory)
    }
}

extension PrivateBroker {
    private var data: String { "\(directory)/data" }
    private var log: String { "\(directory)/log" }

    private func launch() async throws {
        let command = try program.command(
            port: port, controllerPort: controllerPort, directory: directory, data: data
        ) { preparation in
            let status = try process(preparation).wait()
            guard status == 0 else {
                throw ChildProcessError("the broker's preparation ended with status \(status): \(lastWords)")
            }
        }
        let server = try process(command)
        self.server = server
        Remains.shared.add(server, endedBy: SIGKILL)
        let deadline = ContinuousClock.now + .seconds(60)
        while !LocalPort.accepts(port) {
            if let status = server.statusIfEnded() {
                forget()
                throw ChildProcessError("the broker ended with status \(status): \(lastWords)")
            }
            guard .now < deadline else {
                end(by: SIGKILL)
                throw ChildProcessError("the broker does not listen: \(lastWords)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func process(_ command: [String]) throws -> ChildProcess {
        try ChildProcess.start(command, as: nil, deathSignal: "KILL", in: directory, log: log)
    }

    private func end(by signal: Int32) {
        guard let server else { return }
        // A process that hangs takes no other signal than SIGKILL before it goes on.
        server.send(signal)
        server.send(SIGCONT)
        let deadline = ContinuousClock.now + .seconds(10)
        while server.statusIfEnded() == nil {
            if .now > deadline { server.send(SIGKILL) }
            usleep(5_000)
        }
        forget()
    }

    private func forget() {
        guard let server else { return }
        Remains.shared.remove(server)
        self.server = nil
    }

    private var lastWords: String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(10).joined(separator: "\n")
    }

    /// Removes the directories of test processes that crashed.
    private static func removeRemains() throws {
        let parent = NSTemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: parent) where name.hasPrefix("mien-broker-") {
            guard let owner = name.split(separator: "-").dropFirst(2).first.flatMap({ pid_t($0) }) else { continue }
            // Signal 0 only asks; another user's process answers EPERM, and lives.
            if Glibc.kill(owner, 0) != 0 && errno == ESRCH {
                try? FileManager.default.removeItem(atPath: parent + name)
            }
        }
    }
}
