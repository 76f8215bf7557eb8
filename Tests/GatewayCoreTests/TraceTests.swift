import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import TestSupport
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Webhooks

/// The caller's trace from a request to what is kept and sent. Tests/EndToEnd has its way through Kafka.
@Suite struct TraceTests {
    private static let name = HTTPField.Name(TraceContext.headerName)!
    private static let id = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let header = "00-\(id)-00f067aa0ba902b7-01"

    @Test func problemsNameTheTrace() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            func trace(_ headers: HTTPFields) async throws -> String {
                let answer = try await ada.send(.get, "/analyses/\(UUID())", headers: headers)
                #expect(answer.status == .notFound)
                return try #require(try answer.object()["trace_id"] as? String)
            }
            #expect(try await trace([Self.name: Self.header]) == Self.id)
            var twice: HTTPFields = [Self.name: Self.header]
            twice.append(HTTPField(name: Self.name, value: Self.header))
            var begun: Set<String> = []
            for headers in [HTTPFields(), [Self.name: "00-\(Self.id)-00f067aa0ba902b7"], [Self.name: ""], twice] {
                begun.insert(try await trace(headers))
            }
            #expect(begun.count == 4 && !begun.contains(Self.id))
            #expect(begun.allSatisfy { TraceContext(traceparent: "00-\($0)-00f067aa0ba902b7-00") != nil })
        }
    }

    @Test func anUploadsTraceIsKeptWithItAndSentWithItsWebhook() async throws {
        let receiver = try Receiver()
        try await Site.withWebhook(receiver.url, events: [.analysisFinished, .batchFinished]) { site, ada, _ in
            let photo = try Site.sample()
            let token = try await site.accounts.makeToken(for: ada.user.id, .named("uploads")).text
            let program = Program(site: site, user: ada.user, token: token)
            let alone = try await program.sendForm([("a.jpg", photo)], headers: [Self.name: Self.header])
            let kept = try await site.database.first("SELECT traceparent FROM analyses")?.decode(String.self)
            let trace = try #require(TraceContext(traceparent: kept ?? ""))
            #expect(trace.traceID == Self.id && trace.spanID != "00f067aa0ba902b7" && trace.isSampled)
            // Two in one upload, and two that came by themselves into one batch.
            let other = "00-\(String(repeating: "ab", count: 16))-00f067aa0ba902b7-00"
            let together = try await program.sendForm(
                [("a.jpg", photo), ("b.jpg", photo)], headers: [Self.name: other])
            let batch = UUID().lower
            let apart = [
                try await program.sendForm([("a.jpg", photo)], ["batch": batch]),
                try await program.sendForm([("b.jpg", photo)], ["batch": batch]),
            ]
            let ids = try ([alone, together] + apart).flatMap { try $0.ids() }.compactMap(UUID.init(uuidString:))
            #expect(ids.count == 5)
            for id in ids { _ = try await site.recorder.record([.happy(id, generation: 1)]) }
            try await site.send { try await site.until { receiver.messages.count == 7 } }
            let sent = try receiver.messages.map { message in
                (message, try #require(TraceContext(traceparent: message.headers["traceparent"] ?? "")))
            }
            #expect(Set(sent.map(\.1.spanID)).count == 7 && !sent.map(\.1.spanID).contains(trace.spanID))
            let events = sent.map { "\($0.0.event) \($0.1.traceID.prefix(4))" }
            #expect(events.count { $0 == "analysis.finished 4bf9" } == 1)
            #expect(events.count { $0 == "analysis.finished abab" } == 2)
            #expect(events.count { $0 == "batch.finished abab" } == 1)
            // Of a batch with many causes: the message's own.
            let own = try #require(sent.first { $0.0.event == "batch.finished" && $0.1.traceID.prefix(4) != "abab" })
            #expect("msg_\(own.1.traceID)" == own.0.id.replacingOccurrences(of: "-", with: ""))
        }
    }

    @Test func triedAgainAMessageStaysInItsTrace() async throws {
        let receiver = try Receiver { _ in .init(status: 500) }
        try await Site.withWebhook(receiver.url) { site, ada, hook in
            _ = try await site.webhooks.sendTest(to: hook, owner: ada.user.id)
            for attempt in 1...2 {
                try await site.send { try await site.until { try await site.only(hook, ada).attempts == attempt } }
                try await site.database.execute("UPDATE webhook_deliveries SET next_at = now()")
            }
            let traces = receiver.messages.compactMap { TraceContext(traceparent: $0.headers["traceparent"] ?? "") }
            #expect(traces.count == 2 && Set(traces.map(\.traceID)).count == 1 && Set(traces.map(\.spanID)).count == 2)
        }
    }
}
