import Blocking
import Foundation

/// A server on a free port of 127.0.0.1 to which a plain Kafka client cannot speak. It ends with the test process.
public actor ForeignListener {
    /// What it speaks.
    public enum Language: Sendable {
        /// TLS, with a certificate that nobody has signed.
        case tls
        /// HTTP: whatever it is asked, it answers that it does not understand.
        case http
    }

    /// The thread that starts the servers. It must never end: the kernel ends them with it.
    private static let thread = BlockingExecutor(label: "mien.listeners")
    /// The thread on which waiting is allowed.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { Self.thread.asUnownedSerialExecutor() }

    private let port: Int
    private let directory: String
    private var server: ChildProcess?

    /// Its address, for `MIEN_KAFKA_BROKERS`.
    public nonisolated var address: String { "127.0.0.1:\(port)" }

    private init() throws {
        port = try LocalPort.free()
        directory = NSTemporaryDirectory() + "mien-listener-\(getpid())-\(port)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        Remains.shared.add(directory: directory)
    }

    /// Starts one; returns when it accepts connections.
    public static func start(speaking language: Language) async throws -> ForeignListener {
        let listener = try ForeignListener()
        try await listener.launch(language)
        return listener
    }

    /// Stops it and removes its files.
    public func stop() {
        if let server {
            server.send(SIGKILL)
            server.wait()
            Remains.shared.remove(server)
        }
        server = nil
        try? FileManager.default.removeItem(atPath: directory)
        Remains.shared.remove(directory: directory)
    }

    private func launch(_ language: Language) async throws {
        let program: [String]
        switch language {
        case .tls:
            let request =
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out crt.pem -days 2 -subj /CN=foreign"
            let status = try run(["/usr/bin/openssl"] + request.split(separator: " ").map(String.init)).wait()
            guard status == 0 else { throw ChildProcessError("openssl made no certificate: \(lastWords)") }
            program = [
                "/usr/bin/openssl", "s_server", "-quiet", "-accept", address, "-cert", "crt.pem", "-key", "key.pem",
            ]
        case .http:
            program = ["/usr/bin/python3", "-c", Self.http, "\(port)"]
        }
        let server = try run(program)
        self.server = server
        Remains.shared.add(server, endedBy: SIGKILL)
        while !LocalPort.accepts(port) {
            if server.statusIfEnded() != nil { throw ChildProcessError("the listener ended: \(lastWords)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func run(_ program: [String]) throws -> ChildProcess {
        try ChildProcess.start(program, as: nil, deathSignal: "KILL", in: directory, log: "\(directory)/log")
    }

    private var lastWords: String { (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? "" }

    private static let http = """
        import socketserver, sys
        class Answer(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.recv(4096)
                self.request.sendall(b"HTTP/1.1 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n")
        socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
        """
}
