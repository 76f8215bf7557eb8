import Blocking
import Foundation

/// A Kafka-protocol broker of the tests' own, or a cluster, in a temporary directory and on free ports of 127.0.0.1.
///
/// It ends with the test process, however that ends. It is noida-db, which keeps what it has on disk only when it is
/// stopped; killed, it loses the newest records and offsets: a broker whose disk is lost. With `MIEN_TEST_KAFKA` it is a node
/// of Apache Kafka, which keeps them.
public actor PrivateBroker {
    private nonisolated let thread: BlockingExecutor
    private nonisolated let nodes: [BrokerProgram.Node]
    private let program: BrokerProgram
    private let directory: String
    private var servers: [ChildProcess?]

    /// The thread that starts the servers. It must never end: the kernel ends them with it.
    private static let sharedThread = BlockingExecutor(label: "mien.brokers")
    private static let sharedStart = Task { try await start() }

    /// The thread on which waiting is allowed.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private init(nodes count: Int) throws {
        thread = Self.sharedThread
        program = try BrokerProgram.chosen()
        let directory = NSTemporaryDirectory() + "mien-broker-\(getpid())-\(UUID().uuidString)"
        self.directory = directory
        nodes = try (1...count).map {
            BrokerProgram.Node(
                port: try LocalPort.free(), controllerPort: try LocalPort.free(), directory: "\(directory)/\($0)")
        }
        servers = Array(repeating: nil, count: count)
        try Self.removeRemains()
        for node in nodes {
            try FileManager.default.createDirectory(
                atPath: node.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        Remains.shared.add(directory: directory)
    }

    /// Starts a broker without topics; returns when it accepts connections.
    ///
    /// - Parameter nodes: how many it has; more than one need Apache Kafka.
    public static func start(nodes: Int = 1) async throws -> PrivateBroker {
        var failure: (any Error)?
        // Between looking for a free port and using it, somebody else may take it.
        for _ in 0..<5 {
            let broker = try PrivateBroker(nodes: nodes)
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

    /// Its addresses, for `MIEN_KAFKA_BROKERS`.
    public nonisolated var brokers: String { nodes.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") }

    /// Kills it as a crash would, or one of its nodes, counted from 0. What it had not written to its disk is lost.
    public func kill(node: Int? = nil) {
        end(chosen(node), by: SIGKILL)
    }

    /// Starts a killed broker again at the same address, or stops and starts a living one; returns when it accepts
    /// connections.
    public func restart(node: Int? = nil) async throws {
        end(chosen(node), by: SIGTERM)
        try await launch(chosen(node))
    }

    /// Loses all topics and offsets, as with an exchanged disk; comes back empty at the same address. One node of several,
    /// counted from 0, gets its copies from the others again.
    public func wipe(node: Int? = nil) async throws {
        let chosen = chosen(node)
        end(chosen, by: SIGKILL)
        for index in chosen { try FileManager.default.removeItem(atPath: nodes[index].data) }
        try await launch(chosen)
    }

    /// Deletes topics while everything runs, as an operator might by mistake. Apache Kafka alone has a tool for it.
    ///
    /// - Parameter topics: a regular expression of their names.
    public func deleteTopics(_ topics: String) throws {
        let status = try process(program.deletion(of: topics, at: brokers), 0).wait()
        guard status == 0 else {
            throw ChildProcessError("deleting topics ended with status \(status): \(lastWords(0))")
        }
    }

    /// Makes it hang: connections stay open, and nothing is answered until ``resume(node:)``.
    public func pause(node: Int? = nil) {
        for index in chosen(node) { servers[index]?.pause() }
    }

    /// Lets it go on after ``pause(node:)``.
    public func resume(node: Int? = nil) {
        for index in chosen(node) { servers[index]?.send(SIGCONT) }
    }

    /// Stops it and removes its files.
    public func stop() {
        kill()
        try? FileManager.default.removeItem(atPath: directory)
        Remains.shared.remove(directory: directory)
    }
}

extension PrivateBroker {
    private func chosen(_ node: Int?) -> [Int] { node.map { [$0] } ?? Array(nodes.indices) }

    private func launch(_ chosen: [Int]? = nil) async throws {
        let chosen = chosen ?? Array(nodes.indices)
        for index in chosen {
            let command = try program.command(index, of: nodes) { preparation in
                let status = try process(preparation, index).wait()
                guard status == 0 else {
                    throw ChildProcessError(
                        "the broker's preparation ended with status \(status): \(lastWords(index))")
                }
            }
            let server = try process(command, index)
            servers[index] = server
            Remains.shared.add(server, endedBy: SIGKILL)
        }
        // A cluster's nodes listen once most of them are there.
        for index in chosen { try await untilItListens(index) }
    }

    private func untilItListens(_ index: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !LocalPort.accepts(nodes[index].port) {
            if let status = servers[index]?.statusIfEnded() {
                forget(index)
                throw ChildProcessError("the broker ended with status \(status): \(lastWords(index))")
            }
            guard .now < deadline else {
                end([index], by: SIGKILL)
                throw ChildProcessError("the broker does not listen: \(lastWords(index))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func process(_ command: [String], _ index: Int) throws -> ChildProcess {
        let folder = nodes[index].directory
        return try ChildProcess.start(command, as: nil, deathSignal: "KILL", in: folder, log: log(index))
    }

    private func end(_ chosen: [Int], by signal: Int32) {
        for index in chosen {
            // A process that hangs takes no other signal than SIGKILL before it goes on.
            servers[index]?.send(signal)
            servers[index]?.send(SIGCONT)
        }
        let deadline = ContinuousClock.now + .seconds(10)
        for index in chosen {
            guard let server = servers[index] else { continue }
            while server.statusIfEnded() == nil {
                if .now > deadline { server.send(SIGKILL) }
                usleep(5_000)
            }
            forget(index)
        }
    }

    private func forget(_ index: Int) {
        guard let server = servers[index] else { return }
        Remains.shared.remove(server)
        servers[index] = nil
    }

    private func log(_ index: Int) -> String { "\(nodes[index].directory)/log" }

    private func lastWords(_ index: Int) -> String {
        let text = (try? String(contentsOfFile: log(index), encoding: .utf8)) ?? ""
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
