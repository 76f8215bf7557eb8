import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Postgres
import Settings

extension Bench {
    /// What pages cost with a long history, and what waiting ones cost.
    struct Pages: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "site",
            abstract: "Measures pages of a person with many analyses, and pages that wait; Deploy/bench site runs it.",
            discussion: "It fills the database that MIEN_DATABASE_URL names with made-up analyses. Use a private one.")

        @Option(help: "The gateway's address.") var url = "http://127.0.0.1:8080"
        @Option(help: "An API token of the account whose history is filled.") var token: String
        @Option(help: "The account's e-mail address.") var email: String
        @Option(help: "A photo with faces, analysed once for the result page and its PDF.") var photo: String
        @Option(help: "The gateway's process, to read what it costs while pages wait.") var pid: Int
        @Option(help: "Analyses in the history.") var analyses = 100_000
        @Option(help: "Requests for each page.") var count = 100
        @Option(help: "Pages that wait at the same time.") var waiting = 500
        @Option(help: "Seconds for which they wait.") var seconds = 60
        @Flag(help: "Print one JSON object.") var json = false

        func validate() throws {
            guard analyses >= 1, count >= 1, (1...4000).contains(waiting), (1...3600).contains(seconds) else {
                throw ValidationError(
                    "--analyses and --count take a number from 1, --waiting up to 4000, --seconds up to 3600.")
            }
        }

        func run() async throws {
            // Every waiting page is a connection of its own, as with browsers.
            var configuration = HTTPClient.Configuration()
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = waiting + 8
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            do {
                try await run(client)
                try await client.shutdown()
            } catch {
                try await client.shutdown()
                throw error
            }
        }

        private func run(_ client: HTTPClient) async throws {
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: photo)))
            let id = try await analysed(bytes, client)
            let open = try await fill()
            var rows: [(name: String, samples: Samples, limit: Double)] = []
            for (name, path, limit) in pages(result: id) {
                rows.append((name, try await measure(path, client), limit))
            }
            let share = try await waitingShare(open, client)
            print(json ? try encoded(rows, share) : text(rows, share))
        }

        private func pages(result id: String) -> [(String, String, Double)] {
            [
                ("history, first page", "/analyses", 50), ("  by emotion", "/analyses?emotion=fear", 50),
                ("  by state", "/analyses?state=failed", 50), ("  by a rare tag", "/analyses?tag=tag-7", 50),
                ("  by a common tag", "/analyses?tag=common", 50), ("  by a rare word", "/analyses?q=word77", 50),
                ("  by a common word", "/analyses?q=photo", 50),
                ("  by emotion and date", "/analyses?emotion=sad&until=2026-01-15", 50),
                ("  oldest first", "/analyses?order=oldest", 50), ("  by date taken", "/analyses?order=taken", 50),
                ("  nothing found", "/analyses?q=nowhere&tag=common", 50), ("bin", "/history/bin", 50),
                ("home", "/home", 20),
                ("trends", "/trends?period=12m", 60), ("  by week", "/trends?period=12m&step=week", 60),
                ("  one look", "/trends?period=12m&look=happy", 60),
                ("  of a common tag", "/trends?of=tag:common&period=12m", 60),
                ("  of a subject", "/trends?of=subject:person%207&period=all", 60),
                ("  two side by side", "/trends?of=tag:common&with=all&period=12m", 120),
                ("  by program", "/api/v1/trends?period=12m", 60), ("result page", "/analyses/\(id)", 20),
                ("its JSON", "/analyses/\(id).json", 20), ("its PDF", "/analyses/\(id).pdf", 150),
            ]
        }

        private func text(_ rows: [(name: String, samples: Samples, limit: Double)], _ share: Double) -> String {
            let head =
                "milliseconds                   p50     p99     max   limit   (\(analyses) analyses, \(count) requests each)"
            let lines = rows.map { row in
                row.name.padding(toLength: 26, withPad: " ", startingAt: 0) + row.samples.row
                    + String(format: "  < %3.0f", row.limit)
            }
            let wait = String(
                format: "%d waiting pages for %d s: %.2f %% of a core (limit 5 %%)", waiting, seconds, share * 100)
            return ([head] + lines + [wait]).joined(separator: "\n")
        }

        private func encoded(
            _ rows: [(name: String, samples: Samples, limit: Double)], _ share: Double
        ) throws -> String {
            var figures = ["analyses": Double(analyses), "waiting_pages": Double(waiting), "waiting_core_share": share]
            for row in rows {
                let name = row.name.trimmingCharacters(in: .whitespaces).replacing(", ", with: "_")
                    .replacing(" ", with: "_").lowercased()
                figures["\(name)_p50_ms"] = row.samples.median
                figures["\(name)_p99_ms"] = row.samples.quantile(0.99)
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            return String(decoding: try encoder.encode(figures), as: UTF8.self)
        }

        /// From the request's start to the last byte of the answer, one after the other.
        private func measure(_ path: String, _ client: HTTPClient) async throws -> Samples {
            var samples = Samples()
            for round in -3..<count {
                let start = ContinuousClock.now
                try await get(path, client)
                if round >= 0 { samples.add(.now - start) }
            }
            return samples
        }

        @discardableResult
        private func get(_ path: String, _ client: HTTPClient) async throws -> ByteBuffer {
            let response = try await client.execute(authorised(path), timeout: .seconds(40))
            let body = try await response.body.collect(upTo: 8 << 20)
            guard response.status == .ok else {
                throw CommandFailure(
                    message: "\(path) answered \(response.status): \(String(buffer: body).prefix(500))")
            }
            return body
        }

        private func authorised(_ path: String) -> HTTPClientRequest {
            var request = HTTPClientRequest(url: url + path)
            request.headers.add(name: "authorization", value: "Bearer \(token)")
            return request
        }

        private func analysed(_ bytes: [UInt8], _ client: HTTPClient) async throws -> String {
            var request = authorised("/analyses")
            request.method = .POST
            request.headers.add(name: "content-type", value: "multipart/form-data; boundary=mien")
            request.headers.add(name: "accept", value: "application/json")
            var body = ByteBuffer(
                string: "--mien\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"bench.jpg\"\r\n\r\n")
            body.writeBytes(bytes)
            body.writeString("\r\n--mien--\r\n")
            request.body = .bytes(body)
            let response = try await client.execute(request, timeout: .seconds(30))
            let answer = try await response.body.collect(upTo: 1 << 20)
            let accepted = try JSONDecoder().decode(Accepted.self, from: Data(answer.readableBytesView))
            guard let id = accepted.analyses.first?.id else { throw CommandFailure(message: "The photo was refused.") }
            for _ in 0..<4 {
                let json = try await get("/analyses/\(id).json?wait=25", client)
                if try JSONDecoder().decode(State.self, from: Data(json.readableBytesView)).status == "finished" {
                    return id
                }
            }
            throw CommandFailure(message: "The photo had no result within 100 seconds.")
        }

        private struct Accepted: Decodable {
            struct Entry: Decodable { let id: String }
            let analyses: [Entry]
        }
        private struct State: Decodable { let status: String }

        /// The share of one core that the gateway uses while so many pages wait.
        private func waitingShare(_ open: [String], _ client: HTTPClient) async throws -> Double {
            let end = ContinuousClock.now + .seconds(seconds)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                for id in open {
                    group.addTask {
                        while ContinuousClock.now < end { try await get("/analyses/\(id).json?wait=25", client) }
                    }
                }
                // Connecting is not waiting.
                try await Task.sleep(for: .seconds(2))
                let (before, start) = (try processorSeconds(), ContinuousClock.now)
                try await Task.sleep(until: end - .milliseconds(100))
                let used = try processorSeconds() - before
                let share = used / ((ContinuousClock.now - start) / .seconds(1))
                try await group.waitForAll()
                return share
            }
        }

        /// What the gateway has used so far: user and system time, fields 14 and 15 of proc(5)'s stat.
        private func processorSeconds() throws -> Double {
            let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            let fields = (text.split(separator: ")").last ?? "").split(separator: " ")
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
                throw CommandFailure(message: "/proc/\(pid)/stat cannot be read.")
            }
            return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }
}
