import Foundation
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

/// Messages of webhooks over a gateway that is killed while it sends; `Deploy/bench webhooks` does the same with ten thousand.
@Suite(.serialized, .timeLimit(.minutes(10))) struct WebhookKillTests {
    private struct Made: Decodable { let id: String }

    @Test func noMessageIsLostAndOnesThatComeTwiceComeUnderOneId() async throws {
        let receiver = try Receiver()
        let settings = ["MIEN_WEBHOOK_HOSTS": "127.0.0.1", "MIEN_API_REQUESTS_PER_MINUTE": "0"]
        try await Installation.with(settings: settings) { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let made = try await mien.command(["token", "create", ada.email, "--scope", "webhooks"])
            let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
            let program = APIProgram(mien.url, token)
            var hooks: [String] = []
            for _ in 0..<3 {
                let answer = try await program.send(
                    .POST, "/webhooks", ["url": receiver.url, "events": ["batch.finished"]])
                hooks.append(try answer.decode(Made.self).id)
            }
            // What the gateway has said it took; while it is away, the next one is asked for.
            let accepted = Mutex<Set<String>>([])
            let asking = Task { [hooks] in
                var turn = 0
                while accepted.withLock({ $0.count }) < 300, !Task.isCancelled {
                    turn += 1
                    let answer = try? await program.send(.POST, "/webhooks/\(hooks[turn % 3])/test")
                    guard let answer, answer.status == 202, let id = try? answer.decode(Made.self).id else {
                        try await Task.sleep(for: .milliseconds(50))
                        continue
                    }
                    _ = accepted.withLock { $0.insert(id) }
                }
            }
            defer { asking.cancel() }
            for floor in [40, 120, 220] {
                try await eventually("\(floor) messages have come") {
                    Set(receiver.messages.map(\.id)).count >= floor
                }
                try await mien.gateway.killNow()
                try mien.gateway.start()
                try await mien.untilReady()
            }
            try await asking.value
            let expected = accepted.withLock { $0 }
            #expect(expected.count == 300)
            try await eventually("every message has come") {
                expected.isSubset(of: Set(receiver.messages.map(\.id)))
            }
            let bodies = Dictionary(grouping: receiver.messages, by: \.id).mapValues { Set($0.map(\.body)) }
            #expect(bodies.values.allSatisfy { $0.count == 1 }, "one id is one message")
            // One message at a time is under way to an endpoint: a kill sends at most that one again.
            #expect(receiver.messages.count - bodies.count <= 3 * hooks.count)
            // A kill may lose the gateway's answer to the one who asked, and not what was asked for.
            #expect(bodies.count - expected.count <= 3)
        }
    }
}

/// A program with a token, at the API.
struct APIProgram: Sendable {
    private let visitor: Visitor
    private let token: String

    init(_ url: String, _ token: String) {
        visitor = Visitor(url)
        self.token = token
    }

    func send(
        _ method: HTTPMethod, _ path: String, _ json: [String: any Sendable] = [:], headers: [(String, String)] = []
    ) async throws -> Visitor.Answer {
        try await visitor.send(
            method, "/api/v1" + path,
            headers: [("authorization", "Bearer \(token)"), ("content-type", "application/json")] + headers,
            body: Array(try JSONSerialization.data(withJSONObject: json)))
    }
}
