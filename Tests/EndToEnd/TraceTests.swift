import Foundation
import NIOHTTP1
import TestSupport
import Testing

/// The caller's trace through all processes: what an operator searches the logs for.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TraceTests {
    private struct Made: Decodable { let id: String }
    private struct Taken: Decodable { let analyses: [Made] }

    @Test func oneIdTiesTheLogsOfAllProcessesAndTheWebhookTogether() async throws {
        let receiver = try Receiver()
        let settings = ["MIEN_WEBHOOK_HOSTS": "127.0.0.1", "MIEN_LOG_LEVEL": "debug"]
        try await Installation.with(settings: settings) { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let made = try await mien.command(
                ["token", "create", ada.email, "--scope", "webhooks", "--scope", "analyses:write"])
            let program = APIProgram(mien.url, made.output.trimmingCharacters(in: .whitespacesAndNewlines))
            let hook = try await program.send(
                .POST, "/webhooks", ["url": receiver.url, "events": ["analysis.finished"]])
            #expect(hook.status == 201, "\(hook.text)")
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            let photo = Data(try Installation.astronaut()).base64EncodedString()
            let answer = try await program.send(
                .POST, "/analyses", ["photos": [["data": photo]]],
                headers: [("traceparent", "00-\(trace)-00f067aa0ba902b7-01")])
            let id = try #require(try answer.decode(Taken.self).analyses.first?.id)
            try await eventually("the webhook has come") { !receiver.messages.isEmpty }

            let sent = try #require(receiver.messages.first?.headers["traceparent"])
            #expect(sent.hasPrefix("00-\(trace)-") && sent.hasSuffix("-01") && !sent.contains("00f067aa0ba902b7"))
            func lines(_ process: ManagedProcess, _ message: String) -> [Substring] {
                process.output.split(separator: "\n").filter { $0.contains(": \(message) ") && $0.contains(id) }
            }
            for (process, message) in [
                (mien.gateway, "Photo stored"), (mien.gateway, "Job published"), (mien.gateway, "Photo claimed"),
                (mien.worker, "Photo analysed"), (mien.gateway, "Pictures handed over"),
                (mien.gateway, "Result recorded"),
            ] {
                let found = lines(process, message)
                #expect(
                    found.count == 1 && found.allSatisfy { $0.contains("trace.id=\(trace)") }, "\(message): \(found)")
            }
        }
    }
}
