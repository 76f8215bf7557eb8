import Foundation
import Glibc
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Webhooks

/// Messages over TLS to a receiver whose certificate is of an authority of the operator's own.
@Suite struct WebhookTLSTests {
    /// It writes the `webhook-id` of each message to a file.
    private final class TLSReceiver: Sendable {
        private static let script = """
            import http.server, os, ssl, sys
            folder = sys.argv[1]
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    self.rfile.read(int(self.headers["Content-Length"]))
                    with open(os.path.join(folder, "got"), "a") as got:
                        got.write(self.headers["webhook-id"] + "\\n")
                    self.send_response(204)
                    self.end_headers()
                def log_message(self, *_): pass
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(folder, "receiver.pem"), os.path.join(folder, "receiver-key.pem"))
            class Server(http.server.ThreadingHTTPServer):
                def handle_error(self, *_): pass  # A client that does not trust the certificate.
            server = Server(("127.0.0.1", 0), Handler)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """

        let folder: URL
        let port: Int
        private let process: Process

        var authority: URL { folder.appending(path: "authority.pem") }
        var got: [String] {
            let text = try? String(contentsOf: folder.appending(path: "got"), encoding: .utf8)
            return (text ?? "").split(separator: "\n").map(String.init)
        }

        init() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "mien-tls-\(UUID().uuidString)")
            self.folder = folder
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            func path(_ name: String) -> String { folder.appending(path: name).path }
            let key = [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            ]
            try Self.openssl(
                key + [
                    "-subj", "/CN=Own authority", "-keyout", path("authority-key.pem"), "-out", path("authority.pem"),
                ])
            try Self.openssl(
                key + [
                    "-subj", "/CN=receiver", "-addext", "subjectAltName=IP:127.0.0.1", "-addext",
                    "basicConstraints=critical,CA:FALSE", "-CA", path("authority.pem"), "-CAkey",
                    path("authority-key.pem"), "-keyout", path("receiver-key.pem"), "-out", path("receiver.pem"),
                ])
            process = Process()
            process.executableURL = URL(filePath: "/usr/bin/python3")
            process.arguments = ["-c", Self.script, folder.path]
            let output = Pipe()
            process.standardOutput = output
            // Whatever outlives the tests must not hold the runner's output.
            process.standardError = FileHandle.nullDevice
            try process.run()
            let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            port = try #require(Int(line.trimmingCharacters(in: .newlines)))
        }

        deinit {
            // SIGTERM may be blocked in the test process, and a child inherits that.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try? FileManager.default.removeItem(at: folder)
        }

        private static func openssl(_ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/openssl")
            process.arguments = arguments
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(arguments)")
        }
    }

    @Test func anAuthorityOfTheOperatorsIsTrusted() async throws {
        let receiver = try TLSReceiver()
        try await Site.withWebhook("https://127.0.0.1:\(receiver.port)/hook") { site, ada, hook in
            let sent = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            try await site.send(authorities: receiver.authority) {
                try await site.until { try await site.only(hook, ada).attempts == 1 }
            }
            let row = try await site.only(hook, ada)
            #expect(row.state == .delivered && row.status == 204, "\(row.error)")
            #expect(receiver.got == [sent.messageID])
        }
    }

    /// Nor for a host that the operator has not named: the address is refused before TLS is spoken of.
    @Test func anUnknownAuthorityIsToldInTheLogAndGetsNothing() async throws {
        let receiver = try TLSReceiver()
        try await Site.withWebhook("https://127.0.0.1:\(receiver.port)/hook") { site, ada, hook in
            _ = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            try await site.send { try await site.until { try await site.only(hook, ada).attempts == 1 } }
            let row = try await site.only(hook, ada)
            #expect(row.state == .waiting && row.status == nil)
            #expect(row.error == "No trusted TLS connection came about.")
            try await site.database.execute("UPDATE webhook_deliveries SET next_at = now()")
            try await site.send(allowed: "", authorities: receiver.authority) {
                try await site.until { try await site.only(hook, ada).attempts == 2 }
            }
            #expect(try await site.only(hook, ada).error.contains("not called"))
            #expect(receiver.got.isEmpty)
        }
    }
}
