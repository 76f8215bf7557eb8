import Foundation
import Testing

@testable import Mail

/// A small SMTP server in another process, which keeps what it is sent.
private final class Server {
    /// How it speaks TLS.
    enum TLS: String {
        case none, startTLS, fromTheBeginning
    }

    let port: Int
    private let process = Process()
    private let folder: URL
    private let tls: TLS

    private static let script = """
        import base64, os, socketserver, ssl, sys
        tls, folder = sys.argv[1:]
        context = None
        if tls != "none":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem"))
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
                        if word == b"EHLO":
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

    init(tls: TLS = .none) throws {
        self.tls = tls
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if tls != .none { try Self.makeCertificate(in: folder) }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.script, tls.rawValue, folder.path]
        let output = Pipe()
        process.standardOutput = output
        // Whatever outlives the tests must not hold the runner's output.
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw MailError(detail: "the server for tests did not start") }
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
        #expect(openssl.terminationStatus == 0)
    }

    private func file(_ name: String) -> String {
        (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }

    var received: String { file("message") }
    /// What RFC 4616 sends: nothing, user, password, with NUL between.
    var login: String { file("login") }

    func mailer(
        _ security: MailConfiguration.Security = .required, host: String = "localhost", trusted: Bool = true
    ) -> Mailer {
        Mailer(
            MailConfiguration(
                url: "\(tls == .fromTheBeginning ? "smtps" : "smtp")://\(host):\(port)",
                user: tls == .none ? nil : "mien", password: tls == .none ? nil : "a secret", from: "mien@example.org",
                security: security,
                authorities: tls != .none && trusted ? folder.appending(path: "certificate.pem") : nil))
    }
}

@Suite struct MailTests {
    private func message(to: String = "ada@example.org") throws -> MailMessage {
        try MailMessage(
            to: to, subject: "Grüße", text: "Für dich:\n.\nhttps://mien.example.org/reset?token=abc\n",
            date: Date(timeIntervalSince1970: 1_795_502_165))
    }

    @Test func aMessageArrivesAsItWasWritten() async throws {
        let server = try Server()
        try await server.mailer(.never).send(message())
        let parts = server.received.components(separatedBy: "\r\n\r\n")
        let headers = parts[0]
        for header in [
            "From: Mien <mien@example.org>", "To: <ada@example.org>", "Subject: =?utf-8?B?R3LDvMOfZQ==?=",
            "Date: Tue, 24 Nov 2026 06:36:05 +0000", "Content-Transfer-Encoding: base64",
        ] {
            #expect(headers.contains(header), "\(header)")
        }
        let body = try #require(Data(base64Encoded: parts[1], options: .ignoreUnknownCharacters))
        #expect(
            String(decoding: body, as: UTF8.self)
                == "Für dich:\r\n.\r\nhttps://mien.example.org/reset?token=abc\r\n")
    }

    @Test func nothingIsSentWithoutTLSWhereItIsRequired() async throws {
        let server = try Server()
        let error = await #expect(throws: MailError.self) { try await server.mailer(.required).send(message()) }
        #expect(error?.debugDescription.contains("STARTTLS") == true)
        #expect(server.received.isEmpty)
    }

    @Test(arguments: [Server.TLS.startTLS, .fromTheBeginning])
    fileprivate func withTLSTheServerIsProvenAndTheUserLogsIn(tls: Server.TLS) async throws {
        let server = try Server(tls: tls)
        try await server.mailer().send(message())
        #expect(server.received.contains("To: <ada@example.org>"))
        #expect(server.login == "\0mien\0a secret")
    }

    @Test(arguments: [Server.TLS.startTLS, .fromTheBeginning])
    fileprivate func aServerThatIsNotTheOneNamedIsToldNothing(tls: Server.TLS) async throws {
        let server = try Server(tls: tls)
        for mailer in [server.mailer(trusted: false), server.mailer(host: "127.0.0.1")] {
            let error = await #expect(throws: MailError.self) { try await mailer.send(message()) }
            #expect(error?.debugDescription.contains("SSL") == true, "\(String(reflecting: error))")
        }
        #expect(server.login.isEmpty && server.received.isEmpty)
    }

    @Test func aRefusalAndASilentServerAreErrors() async throws {
        let server = try Server()
        await #expect(throws: MailError.self) {
            try await server.mailer(.never).send(message(to: "refused@example.org"))
        }
        await #expect(throws: MailError.self) {
            try await Mailer(MailConfiguration(url: "smtp://127.0.0.1:1", from: "a@b", security: .never)).send(
                message())
        }
        await #expect(throws: MailError.self) {
            try await Mailer(MailConfiguration(url: "file:///etc/passwd", from: "a@b", security: .never)).send(
                message())
        }
    }

    @Test(arguments: ["ada@example.org\r\nBcc: all@example.org", "a\nb", "a\u{0}b"])
    func nobodyAddsHeaders(_ address: String) {
        #expect(throws: MailError.self) { try MailMessage(to: address, subject: "x", text: "") }
        #expect(throws: MailError.self) { try MailMessage(to: "a@b", subject: address, text: "") }
    }
}
