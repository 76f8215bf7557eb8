public import Foundation

/// A small SMTP server in another process, which keeps what it is sent.
///
/// Sendable: its process is started once and ended with it; nothing else of it changes.
public final class MailServer: @unchecked Sendable {
    /// How it speaks TLS.
    public enum TLS: String, Sendable {
        case none, startTLS, fromTheBeginning
    }

    /// Where it listens, on 127.0.0.1.
    public let port: Int
    private let process = Process()
    /// What it keeps, and its certificate.
    public let folder: URL
    /// How it speaks TLS.
    public let tls: TLS

    private static let script = """
        import base64, itertools, os, socketserver, ssl, sys
        tls, folder, silent = sys.argv[1:]
        context = None
        if tls != "none":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem"))
        turns = itertools.count()
        class Handler(socketserver.StreamRequestHandler):
            def secure(self):
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            def handle(self):
                say = lambda text: self.wfile.write(text.encode() + b"\\r\\n")
                try:
                    if tls == "fromTheBeginning": self.secure()
                    say("220 tests")
                    while line := self.rfile.readline():
                        word = line[:4].upper()
                        if word == b"EHLO" and silent == "silent":
                            open(os.path.join(folder, "asked"), "w").close()
                            self.rfile.read()
                            return
                        elif word == b"EHLO":
                            if isinstance(self.connection, ssl.SSLSocket): say("250-AUTH PLAIN")
                            elif context: say("250-STARTTLS")
                            say("250 tests")
                        elif word == b"STAR": say("220 go on"); self.secure()
                        elif word == b"AUTH":
                            say("334 ")
                            with open(os.path.join(folder, "login"), "wb") as out:
                                out.write(base64.b64decode(self.rfile.readline()))
                            say("235 welcome")
                        elif word == b"QUIT": say("221 bye"); return
                        elif word == b"RCPT" and b"refused@" in line: say("550 nobody")
                        elif word == b"RCPT" and b"later@" in line and next(turns) % 2 == 0:
                            say("450 later")
                            with open(os.path.join(folder, "later"), "ab") as out: out.write(line)
                        elif word == b"DATA":
                            say("354 go on")
                            with open(os.path.join(folder, "message"), "ab") as out:
                                for part in self.rfile:
                                    if part == b".\\r\\n": break
                                    out.write(part)
                            say("250 taken")
                        else: say("250 ok")
                except ssl.SSLError: pass  # A client that does not trust the certificate.
        server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    /// Starts it, on a port that nobody uses.
    /// - Parameter isSilent: whether it answers nothing more once the client has said who it is.
    public init(tls: TLS = .none, isSilent: Bool = false) throws {
        self.tls = tls
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if tls != .none { try Self.makeCertificate(in: folder) }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.script, tls.rawValue, folder.path, isSilent ? "silent" : ""]
        let output = Pipe()
        process.standardOutput = output
        // Whatever outlives the tests must not hold the runner's output.
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw ChildProcessError("the mail server for tests did not start") }
            line += String(decoding: data, as: UTF8.self)
        }
        port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    deinit {
        // SIGTERM may be blocked in the test process, and a child inherits that.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// For `localhost`, signed by itself.
    private static func makeCertificate(in folder: URL) throws {
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments =
            "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
            .split(separator: " ").map(String.init)
            + [
                "-keyout", folder.appending(path: "key.pem").path,
                "-out", folder.appending(path: "certificate.pem").path,
            ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw ChildProcessError("openssl made no certificate") }
    }

    private func file(_ name: String) -> String {
        (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }

    /// Waits until a client waits for it, where it is silent.
    public func isWaitedFor() async throws {
        let mark = folder.appending(path: "asked").path
        for _ in 0..<200 {
            if FileManager.default.fileExists(atPath: mark) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ChildProcessError("nobody came to the silent mail server")
    }

    /// All messages as they came.
    public var received: String { file("message") }
    /// How many messages to `later@` it did not take; it takes each second one.
    public var putOff: Int { file("later").components(separatedBy: "later@").count - 1 }
    /// What RFC 4616 sends: nothing, user, password, with NUL between.
    public var login: String { file("login") }

    /// A message, read.
    public struct Letter: Sendable {
        /// The header, `<ada@example.org>`.
        public let to: String
        /// The header.
        public let subject: String
        /// The body, decoded.
        public let text: String
    }

    /// The messages so far.
    public var letters: [Letter] {
        received.components(separatedBy: "From: Mien ").dropFirst().map { message in
            let parts = message.components(separatedBy: "\r\n\r\n")
            func header(_ name: String) -> String {
                let line = parts[0].components(separatedBy: "\r\n").first { $0.hasPrefix("\(name): ") } ?? ""
                return String(line.dropFirst(name.count + 2))
            }
            let body = Data(base64Encoded: parts.dropFirst().joined(), options: .ignoreUnknownCharacters) ?? Data()
            return Letter(
                to: header("To"), subject: header("Subject"),
                text: String(decoding: body, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n"))
        }
    }

    /// The first so many messages, once they are there.
    public func letters(_ count: Int) async throws -> [Letter] {
        for _ in 0..<200 {
            let letters = letters
            if letters.count >= count { return letters }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ChildProcessError("\(letters.count) messages came, not \(count)")
    }
}
