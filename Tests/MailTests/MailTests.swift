import Foundation
import Testing

@testable import Mail

/// A small SMTP server in another process, which keeps what it is sent.
private final class Server {
    let port: Int
    private let process = Process()
    private let file: URL

    private static let script = """
        import socketserver, sys
        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                say = lambda text: self.wfile.write(text.encode() + b"\\r\\n")
                say("220 tests")
                for line in self.rfile:
                    word = line[:4].upper()
                    if word == b"EHLO": say("250 tests")
                    elif word == b"QUIT": say("221 bye"); return
                    elif word == b"RCPT" and b"refused@" in line: say("550 nobody")
                    elif word == b"DATA":
                        say("354 go on")
                        with open(sys.argv[1], "ab") as out:
                            for part in self.rfile:
                                if part == b".\\r\\n": break
                                out.write(part)
                        say("250 taken")
                    else: say("250 ok")
        server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    init() throws {
        file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).eml")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", Self.script, file.path]
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
        try? FileManager.default.removeItem(at: file)
    }

    var received: String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }

    func mailer(_ security: MailConfiguration.Security) -> Mailer {
        Mailer(MailConfiguration(url: "smtp://127.0.0.1:\(port)", from: "mien@example.org", security: security))
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
