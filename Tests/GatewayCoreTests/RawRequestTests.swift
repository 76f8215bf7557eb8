import Hummingbird
import Postgres
import Testing

@testable import GatewayCore
@testable import Operations

/// Requests as they come on the wire, to the product's own server: what no client library would send, and what some do.
@Suite(.timeLimit(.minutes(2))) struct RawRequestTests {
    /// The whole answers of the site to requests of a connection each.
    private func answers(to requests: [String]) async throws -> [String] {
        let (gateway, logger, _) = try await Site.gateway()
        let (ports, running) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: try gateway.webRouter(), server: Gateway.server(),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { running.yield($0.localAddress?.port ?? 0) }, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gateway.services.database.run() }
            // Ended by being cancelled, which it may tell of or not.
            group.addTask { try? await application.run() }
            let port = try #require(await ports.first { _ in true })
            var answers: [String] = []
            for request in requests {
                let connection = try RawConnection(to: port)
                connection.send(request)
                answers.append(try await connection.readToEnd())
            }
            group.cancelAll()
            return answers
        }
    }

    private static func get(_ path: String, _ fields: String...) -> String {
        "GET \(path) HTTP/1.1\r\n" + (fields + ["Connection: close"]).joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static func post(_ path: String, _ body: String, _ fields: String...) -> String {
        let head = ["Host: localhost", "Connection: close"] + fields
        return "POST \(path) HTTP/1.1\r\n" + head.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    /// Java, Ruby and a proxy that adds fields of its own send it later than first.
    @Test func theHostMayStandAnywhereInTheHead() async throws {
        let answers = try await answers(to: [
            Self.get("/login", "Host: localhost", "User-Agent: a"),
            Self.get("/login", "User-Agent: a", "Host: localhost"),
            Self.get("/login", "Accept: */*", "X-Forwarded-For: 203.0.113.7", "host: localhost"),
        ])
        for answer in answers { #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(answer.prefix(300))") }
    }

    @Test func twoHostsAreRefusedWhereverTheyStand() async throws {
        let answers = try await answers(to: [
            Self.get("/login", "Host: localhost", "Host: other.example.org"),
            Self.get("/login", "User-Agent: a", "Host: localhost", "Host: localhost"),
            Self.get("/login", "Host: localhost", "Accept: */*", "host: other.example.org"),
        ])
        for answer in answers {
            #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer.prefix(300))")
            #expect(answer.contains("names two hosts"))
        }
    }

    @Test func aTransferCodingThatIsNotKnownIsSaidToBe() async throws {
        let answers = try await answers(to: [
            Self.post("/api/v1/analyses", "2\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: gzip, chunked"),
            Self.post("/api/v1/analyses", "{}", "Transfer-Encoding: xchunked"),
        ])
        #expect(answers[0].hasPrefix("HTTP/1.1 501 Not Implemented\r\n"), "\(answers[0].prefix(300))")
        #expect(answers[0].contains(#""code":"unknown_transfer_coding""#))
        // NIO parses such a request no further, and may have answered before anybody else looks at it.
        #expect(["HTTP/1.1 501 ", "HTTP/1.1 400 "].contains(answers[1].prefix(13)), "\(answers[1].prefix(300))")
    }

    @Test func aChunkWithoutASizeIsTheSendersFault() async throws {
        let form = "Content-Type: application/x-www-form-urlencoded"
        let bodies = ["xyz\r\na=b\r\n0\r\n\r\n", "fffffffffffffffff\r\na=b\r\n0\r\n\r\n", "3\r\na=b;0\r\n\r\n"]
        let answers = try await answers(
            to: bodies.map { Self.post("/login", $0, form, "Transfer-Encoding: chunked") })
        for answer in answers { #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(answer.prefix(300))") }
    }
}
