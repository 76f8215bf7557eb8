import Blocking
import Foundation
import Logging
import Postgres
import Synchronization

/// A PostgreSQL server of the tests' own, in a temporary directory and on a free port of 127.0.0.1.
///
/// It ends with the test process, however that ends. It writes nothing through to the disk (`fsync=off`): a killed server
/// loses nothing, only a killed machine would.
public actor PrivatePostgres {
    private nonisolated let thread: BlockingExecutor
    private let installation: PostgresInstallation
    private let password = UUID().uuidString
    private let directory: String
    private var port: Int
    private var server: ChildProcess?
    private var template: Task<Void, any Error>?

    /// The thread that starts the servers. It must never end: the kernel ends them with it.
    private static let sharedThread = BlockingExecutor(label: "mien.servers")
    private static let sharedStart = Task { try await start() }

    /// The thread on which waiting is allowed.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private init() throws {
        thread = Self.sharedThread
        installation = try PostgresInstallation.find()
        directory = try installation.makeDirectory()
        port = try Self.freePort()
        Remains.shared.add(directory: directory)
    }

    /// Makes a cluster and starts its server; returns when it accepts connections.
    public static func start() async throws -> PrivatePostgres {
        let postgres = try PrivatePostgres()
        try await postgres.initialise()
        try await postgres.launch(mayMove: true)
        return postgres
    }

    /// The server that all tests of the process share. Whoever kills a server starts one.
    public static func shared() async throws -> PrivatePostgres {
        try await sharedStart.value
    }

    /// The connection string of a database.
    public func url(database: String = "postgres") -> String {
        "postgres://mien:\(password)@127.0.0.1:\(port)/\(database)"
    }

    /// Makes an empty database, or one with the project's migrations applied, and returns its connection string.
    public func makeDatabase(migrated: Bool) async throws -> String {
        if migrated { try await migrateTemplate() }
        let name = "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        let source = migrated ? " TEMPLATE mien_template" : ""
        try await administer("CREATE DATABASE \(unescaped: name)\(unescaped: source)")
        return url(database: name)
    }

    /// Kills the server as a crash would: no farewell to its clients, no checkpoint. Its children end by themselves.
    public func kill() {
        server?.send(SIGKILL)
        server?.wait()
        Remains.shared.remove(server)
        server = nil
    }

    /// Starts a killed server again on the same port, or stops and starts a living one; returns when it accepts connections.
    public func restart() async throws {
        end()
        try await launch(mayMove: false)
    }

    /// Stops the server and removes its files.
    public func stop() {
        end()
        try? FileManager.default.removeItem(atPath: directory)
        Remains.shared.remove(directory: directory)
    }
}

extension PrivatePostgres {
    private var log: String { "\(directory)/log" }

    /// The words of the server so far, for failures.
    private var lastWords: String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(10).joined(separator: "\n")
    }

    private func run(_ program: String, _ arguments: [String]) throws -> ChildProcess {
        try ChildProcess.start(
            ["\(installation.directory)/\(program)"] + arguments, as: installation.user, deathSignal: "QUIT",
            in: directory, log: log)
    }

    private func initialise() throws {
        let passwordFile = "\(directory)/password"
        try Data(password.utf8).write(to: URL(fileURLWithPath: passwordFile))
        let status = try run(
            "initdb",
            [
                "-D", "\(directory)/data", "-U", "mien", "--pwfile", passwordFile, "--auth", "scram-sha-256",
                "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
            ]
        ).wait()
        guard status == 0 else { throw ChildProcessError("initdb failed: \(lastWords)") }
    }

    private func end() {
        guard let server else { return }
        // "Fast": breaks the connections, and shuts down cleanly.
        server.send(SIGINT)
        server.wait()
        Remains.shared.remove(server)
        self.server = nil
    }

    /// Starts the server until it stays: after a kill, the old one's children may take a moment to go.
    ///
    /// - Parameter mayMove: whether to try another port when the server ends: somebody may have taken ours.
    private func launch(mayMove: Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let server = try run("postgres", settings)
            self.server = server
            Remains.shared.add(server)
            while server.statusIfEnded() == nil {
                if await accepts() { return }
                try await Task.sleep(for: .milliseconds(20))
                if ContinuousClock.now > deadline { break }
            }
            Remains.shared.remove(server)
            self.server = nil
            if mayMove { port = try Self.freePort() }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw ChildProcessError("the PostgreSQL server did not start: \(lastWords)")
    }

    private var settings: [String] {
        let values = [
            "listen_addresses=127.0.0.1", "port=\(port)", "unix_socket_directories=\(directory)", "fsync=off",
            "full_page_writes=off", "max_connections=500", "shared_buffers=32MB",
        ]
        return ["-D", "\(directory)/data"] + values.flatMap { ["-c", $0] }
    }

    private func accepts() async -> Bool {
        do {
            try await administer("SELECT 1")
            return true
        } catch {
            return false
        }
    }

    private func administer(_ statement: Statement) async throws {
        let configuration = PostgresConfiguration(
            url: url(), applicationName: "mien tests", connectTimeout: .seconds(60))
        let connection = try await Connection.connect(configuration, logger: Logger(label: "mien.tests"))
        defer { Task { await connection.close() } }
        try await connection.execute(statement)
    }

    private func migrateTemplate() async throws {
        if template == nil {
            template = Task {
                try await administer("CREATE DATABASE mien_template")
                let configuration = PostgresConfiguration(
                    url: url(database: "mien_template"), applicationName: "mien tests", connectTimeout: .seconds(60))
                let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                    .appendingPathComponent("../../Migrations")
                let pool = ConnectionPool(configuration, logger: Logger(label: "mien.tests"))
                try await Migrations(directory: directory).up(on: pool)
            }
        }
        try await template?.value
    }

    /// A port that nobody listens on at this moment.
    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw ChildProcessError("no socket: errno \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard status == 0 else { throw ChildProcessError("no free port: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
