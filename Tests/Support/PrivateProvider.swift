import Blocking
import Foundation

/// An OpenID Connect provider of the tests' own: oidc-provider-mock as a process, on a free port of 127.0.0.1
/// (`Tests/Fixtures/oidc_provider.py`). It ends with the test process, however that ends.
public actor PrivateProvider {
    private nonisolated let thread: BlockingExecutor
    private nonisolated let port: Int
    private let options: [String]
    private let directory: String
    private var server: ChildProcess?

    /// The thread that starts the servers. It must never end: the kernel ends them with it.
    private static let sharedThread = BlockingExecutor(label: "mien.providers")

    /// The thread on which waiting is allowed.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// What this site is called by it, and its secret: with what has to be encoded.
    public static let clientID = "mien"
    /// The same as the script's.
    public static let clientSecret = "a secret of the provider's"

    private init(_ options: [String]) throws {
        thread = Self.sharedThread
        port = try LocalPort.free()
        self.options = options
        directory = NSTemporaryDirectory() + "mien-provider-\(getpid())-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        Remains.shared.add(directory: directory)
    }

    /// Starts a provider; returns when it answers.
    ///
    /// - Parameters:
    ///   - redirects: where it sends people back to.
    ///   - options: of the script.
    public static func start(redirects: [String], _ options: [String] = []) async throws -> PrivateProvider {
        let provider = try PrivateProvider(redirects.flatMap { ["--redirect", $0] } + options)
        try await provider.launch()
        return provider
    }

    /// What it calls itself.
    public nonisolated var issuer: String { "http://127.0.0.1:\(port)" }

    /// Ends it as a crash would; codes, tokens and people that it knew are lost.
    public func kill() {
        server?.send(SIGKILL)
        server?.wait()
        Remains.shared.remove(server)
        server = nil
    }

    /// Starts it again at the same address, knowing nobody, and with another key.
    public func restart() async throws {
        kill()
        try await launch()
    }

    /// Makes it hang: connections stay open, and nothing is answered.
    public func pause() { server?.pause() }

    /// Lets it go on.
    public func resume() { server?.send(SIGCONT) }

    /// Lets it know somebody, with these claims as JSON.
    public nonisolated func put(_ subject: String, claims: String) throws {
        let answer = try LocalRequest.send("PUT", "/users/\(subject)", type: "application/json", claims, to: port)
        guard answer.status == 204 else { throw ChildProcessError("the provider takes no person: \(answer.status)") }
    }

    /// Lets it sign with a new key.
    public nonisolated func rotate() throws {
        _ = try LocalRequest.send("POST", "/tests/rotate", type: "text/plain", "", to: port)
    }

    /// Shows it somebody, as a person does who is sent to an address of it.
    ///
    /// - Parameter subject: nil for a person who says no.
    /// - Returns: where it sends the browser back to.
    public nonisolated func authorize(_ address: String, as subject: String?) throws -> String {
        guard address.hasPrefix("\(issuer)/") else { throw ChildProcessError("\(address) is not the provider's") }
        let answer = try LocalRequest.send(
            "POST", String(address.dropFirst(issuer.count)), type: "application/x-www-form-urlencoded",
            subject.map { "sub=\($0)" } ?? "action=deny", to: port)
        guard answer.status == 302, let location = answer.headers["location"] else {
            throw ChildProcessError("the provider answers \(answer.status): \(answer.body.prefix(500))")
        }
        return location
    }

    private func launch() async throws {
        let log = "\(directory)/log"
        let server = try ChildProcess.start(
            [try Self.python(), Self.script, "--port", "\(port)"] + options, as: nil, deathSignal: "KILL",
            in: directory, log: log)
        self.server = server
        Remains.shared.add(server, endedBy: SIGKILL)
        let deadline = ContinuousClock.now + .seconds(60)
        while !LocalPort.accepts(port) {
            let isOver = server.statusIfEnded() != nil
            guard !isOver, .now < deadline else {
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                throw ChildProcessError("the provider does not listen: \(text.suffix(2_000))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let script = root.appending(path: "Tests/Fixtures/oidc_provider.py").path

    /// Where Deploy/test has installed Deploy/requirements/oidc.txt.
    private static func python() throws -> String {
        let path = root.appending(path: "var/oidc-venv/bin/python").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ChildProcessError("there is no provider: Deploy/test installs it (\(path))")
        }
        return path
    }
}
