import Foundation
import TestSupport
import Testing

@testable import Mail

extension MailServer {
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
        let server = try MailServer()
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
        let server = try MailServer()
        let error = await #expect(throws: MailError.self) { try await server.mailer(.required).send(message()) }
        #expect(error?.debugDescription.contains("STARTTLS") == true)
        #expect(server.received.isEmpty)
    }

    @Test(arguments: [MailServer.TLS.startTLS, .fromTheBeginning])
    func withTLSTheServerIsProvenAndTheUserLogsIn(tls: MailServer.TLS) async throws {
        let server = try MailServer(tls: tls)
        try await server.mailer().send(message())
        #expect(server.received.contains("To: <ada@example.org>"))
        #expect(server.login == "\0mien\0a secret")
    }

    @Test(arguments: [MailServer.TLS.startTLS, .fromTheBeginning])
    func aServerThatIsNotTheOneNamedIsToldNothing(tls: MailServer.TLS) async throws {
        let server = try MailServer(tls: tls)
        for mailer in [server.mailer(trusted: false), server.mailer(host: "127.0.0.1")] {
            let error = await #expect(throws: MailError.self) { try await mailer.send(message()) }
            #expect(error?.debugDescription.contains("SSL") == true, "\(String(reflecting: error))")
        }
        #expect(server.login.isEmpty && server.received.isEmpty)
    }

    @Test func aRefusalAndASilentServerAreErrors() async throws {
        let server = try MailServer()
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

    @Test func aLetterThatNobodyTakesIsBrokenOffWithItsTask() async throws {
        let server = try MailServer(isSilent: true)
        let mailer = server.mailer(.never)
        let letter = try message()
        let sending = Task { try await mailer.send(letter) }
        try await server.isWaitedFor()
        let start = ContinuousClock.now
        sending.cancel()
        await #expect(throws: CancellationError.self) { try await sending.value }
        #expect(ContinuousClock.now - start < .seconds(3))
        // And none is begun.
        let late = Task {
            try? await Task.sleep(for: .seconds(60))
            try await mailer.send(letter)
        }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
    }

    @Test(arguments: ["ada@example.org\r\nBcc: all@example.org", "a\nb", "a\u{0}b"])
    func nobodyAddsHeaders(_ address: String) {
        #expect(throws: MailError.self) { try MailMessage(to: address, subject: "x", text: "") }
        #expect(throws: MailError.self) { try MailMessage(to: "a@b", subject: address, text: "") }
    }
}
