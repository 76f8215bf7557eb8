import Accounts
import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Postgres
import Settings

extension Bench {
    /// What the API costs beside a bare server, and a list out of a long history.
    struct API: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measures the API against a bare server in the same run; Deploy/bench api runs it.",
            discussion: "It fills the database that MIEN_DATABASE_URL names with made-up analyses. Use a private one.")

        @Option(help: "The gateway's address.") var url = "http://127.0.0.1:8080"
        @Option(help: "The address of mien-bare.") var bare: String
        @Option(help: "An API token of the account whose history is filled.") var token: String
        @Option(help: "The account's e-mail address.") var email: String
        @Option(help: "A small photo.") var photo: String
        @Option(help: "Analyses in the history.") var analyses = 100_000
        @Option(help: "Requests of each kind, in five rounds by turns.") var count = 5_000
        @Option(help: "Requests at the same time.") var parallel = 8
        @Flag(help: "Print one JSON object.") var json = false

        private static let rounds = 5

        func validate() throws {
            guard analyses >= 100, count >= 50, (1...256).contains(parallel) else {
                throw ValidationError("--analyses takes a number from 100, --count from 50, --parallel 1 to 256.")
            }
        }

        func run() async throws {
            var configuration = HTTPClient.Configuration()
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = parallel
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            do {
                let figures = try await measure(client)
                try await client.shutdown()
                try print(json ? figures.json() : figures.text(count: count, parallel: parallel, analyses: analyses))
            } catch {
                try await client.shutdown()
                throw error
            }
        }

        private func measure(_ client: HTTPClient) async throws -> Figures {
            try await fill()
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: photo)))
            var post = request(url + "/api/v1/analyses")
            let body = Self.form(bytes)
            post.method = .POST
            post.headers.add(name: "content-type", value: "multipart/form-data; boundary=mien")
            post.body = .bytes(body)
            var barePost = post
            barePost.url = bare + "/photos"

            // Before the posts: the place in the queue is counted at each poll, and here there is no queue yet.
            var poll = request(url + "/api/v1/analyses/\(try await open(post, client))")
            let first = try await client.execute(poll, timeout: .seconds(30))
            _ = try await first.body.collect(upTo: 1 << 20)
            poll.headers.add(name: "if-none-match", value: first.headers.first(name: "etag") ?? "")
            let polls = try await compare(poll, with: request(bare + "/nothing"), expecting: .notModified, client)

            let list = request(url + "/api/v1/analyses?limit=100")
            var lists = Samples()
            for round in -3..<100 {
                let start = ContinuousClock.now
                try await send(list, expecting: .ok, client)
                if round >= 0 { lists.add(.now - start) }
            }
            let posts = try await compare(post, with: barePost, expecting: .accepted, client)
            return Figures(posts: posts, polls: polls, lists: lists, photoBytes: bytes.count)
        }

        /// Made-up results, as many as were asked for.
        private func fill() async throws {
            try await AdminDatabase.with(SettingsReader()) { database in
                guard let user = try await AccountStore(database: database).user(email: email) else {
                    throw CommandFailure(message: "There is no account with the address \(email).")
                }
                try await Pages.fillHistory(of: user.id, analyses: analyses, database)
            }
        }

        private static func form(_ photo: [UInt8]) -> ByteBuffer {
            var body = ByteBuffer(
                string: "--mien\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"bench.jpg\"\r\n\r\n")
            body.writeBytes(photo)
            body.writeString("\r\n--mien--\r\n")
            return body
        }

        private func request(_ url: String) -> HTTPClientRequest {
            var request = HTTPClientRequest(url: url)
            request.headers.add(name: "authorization", value: "Bearer \(token)")
            return request
        }

        /// An analysis that waits.
        private func open(_ post: HTTPClientRequest, _ client: HTTPClient) async throws -> String {
            struct Taken: Decodable {
                struct Analysis: Decodable { let id: String }
                let analyses: [Analysis]
            }
            let response = try await client.execute(post, timeout: .seconds(30))
            let body = try await response.body.collect(upTo: 1 << 20)
            let taken = try JSONDecoder().decode(Taken.self, from: Data(body.readableBytesView))
            guard let id = taken.analyses.first?.id else { throw CommandFailure(message: "The photo was refused.") }
            return id
        }

        /// Both by turns, so that what else the machine does falls on both alike.
        private func compare(
            _ ours: HTTPClientRequest, with bare: HTTPClientRequest, expecting status: HTTPResponseStatus,
            _ client: HTTPClient
        ) async throws -> Comparison {
            let each = count / Self.rounds
            let bareStatus: HTTPResponseStatus = bare.method == .POST ? .accepted : .ok
            _ = try await rate(of: bare, 20, expecting: bareStatus, client)
            _ = try await rate(of: ours, 20, expecting: status, client)
            var rates = Comparison()
            for _ in 0..<Self.rounds {
                rates.bare.append(try await rate(of: bare, each, expecting: bareStatus, client))
                rates.ours.append(try await rate(of: ours, each, expecting: status, client))
            }
            return rates
        }

        /// Requests a second.
        private func rate(
            of request: HTTPClientRequest, _ count: Int, expecting status: HTTPResponseStatus, _ client: HTTPClient
        ) async throws -> Double {
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<parallel {
                    let mine = count / parallel + (number < count % parallel ? 1 : 0)
                    group.addTask { for _ in 0..<mine { try await send(request, expecting: status, client) } }
                }
                try await group.waitForAll()
            }
            return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
        }

        private func send(
            _ request: HTTPClientRequest, expecting status: HTTPResponseStatus, _ client: HTTPClient
        ) async throws {
            let response = try await client.execute(request, timeout: .seconds(60))
            let body = try await response.body.collect(upTo: 8 << 20)
            guard response.status == status else {
                throw CommandFailure(
                    message: "\(request.url) answered \(response.status): \(String(buffer: body).prefix(500))")
            }
        }
    }

    /// Requests a second, by round.
    private struct Comparison {
        var ours: [Double] = []
        var bare: [Double] = []

        var ratio: Double { Self.middle(ours) / Self.middle(bare) }

        static func middle(_ rates: [Double]) -> Double { rates.sorted()[rates.count / 2] }

        func row(_ name: String, _ limit: Double) -> String {
            let (ours, bare) = (Self.middle(ours), Self.middle(bare))
            return name.padding(toLength: 34, withPad: " ", startingAt: 0)
                + String(format: "%8.0f %8.0f %7.2f  ≥ %.1f", ours, bare, ratio, limit)
        }
    }

    private struct Figures {
        let posts: Comparison
        let polls: Comparison
        let lists: Samples
        let photoBytes: Int

        func text(count: Int, parallel: Int, analyses: Int) -> String {
            """
            requests a second                    API     bare   ratio  limit   (\(count) each, \(parallel) at a time)
            \(posts.row("POST of a photo of \(photoBytes) bytes", 0.5))
            \(polls.row("GET, answered with 304", 0.7))
            milliseconds                         p50     p99     max   limit   (\(analyses) analyses)
            a list of 100                   \(lists.row)  ≤  15
            """
        }

        func json() throws -> String {
            let figures = [
                "post_per_second": Comparison.middle(posts.ours), "bare_post_per_second": Comparison.middle(posts.bare),
                "post_ratio": posts.ratio, "poll_per_second": Comparison.middle(polls.ours),
                "bare_get_per_second": Comparison.middle(polls.bare), "poll_ratio": polls.ratio,
                "list_p50_ms": lists.median, "list_p99_ms": lists.quantile(0.99), "photo_bytes": Double(photoBytes),
            ]
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            return String(decoding: try encoder.encode(figures), as: UTF8.self)
        }
    }
}
