import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Passwords
import Postgres
import Settings
import TestSupport
import Testing

@testable import Accounts
@testable import Analyses
@testable import Contracts
@testable import GatewayCore
@testable import Operations
@testable import Reports

/// The site as the gateway builds it, with a database of its own; without Kafka, so results are put in by hand.
struct Site: Sendable {
    let client: any TestClientProtocol
    /// The internal port, as workers see it.
    let workers: any TestClientProtocol
    let database: ConnectionPool
    let accounts: AccountStore
    let store: AnalysisStore
    let changes: AnalysisChanges
    /// Records results as if they had come from Kafka.
    let recorder: Recorder
    let secret: String

    /// The gateway with a database of its own, and how it is told to log and what its secret is.
    static func gateway(
        _ settings: [String: String] = [:]
    ) async throws -> (gateway: Gateway, logger: Logger, secret: String) {
        let server = try await PrivatePostgres.shared()
        let url = try await server.makeDatabase(migrated: true)
        let environment = [
            "MIEN_DATABASE_URL": url, "MIEN_KAFKA_BROKERS": "unused",
            "MIEN_SECRET": String(repeating: "s", count: 32), "MIEN_WEB_DIR": web.path, "MIEN_MIN_FREE_DISK_MB": "0",
        ]
        let configuration = GatewayConfiguration(
            SettingsReader(environment: environment.merging(settings) { _, given in given }))
        // There is no broker, and librdkafka would say so in every test.
        var logger = Logger(label: "tests")
        logger.logLevel = .critical
        return (try Gateway(configuration, metricsText: { "" }, logger: logger), logger, configuration.secret)
    }

    static func run(
        _ settings: [String: String] = [:], _ body: @escaping @Sendable (Site) async throws -> Void
    ) async throws {
        let (gateway, logger, secret) = try await gateway(settings)
        let pool = gateway.services.database
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.run() }
            let application = Application(router: gateway.internalRouter, logger: logger)
            try await Application(router: gateway.webRouter(), logger: logger).test(.router) { client in
                try await application.test(.router) { workers in
                    let cheap = PasswordHasher(parameters: Argon2.Parameters(memory: 8, passes: 1))
                    try await body(
                        Site(
                            client: client, workers: workers, database: pool,
                            accounts: AccountStore(database: pool, hasher: cheap), store: gateway.services.analyses,
                            changes: gateway.services.changes, recorder: gateway.recorder, secret: secret))
                }
            }
            group.cancelAll()
        }
    }

    /// Waits until so many wait for a lock of the database.
    func waitForLocks(_ count: Int = 1) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            let waiting = try await database.first(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """)
            if try waiting?.decode(Int.self) ?? 0 >= count { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("nobody waits: this proves nothing")
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let web = root.appendingPathComponent("Sources/GatewayCore")
    /// Another picture than the sample: what a former worker drew.
    static func annotated() throws -> [UInt8] { try sample() + [0] }
    static func sample() throws -> [UInt8] {
        Array(try Data(contentsOf: web.appendingPathComponent("Static/sample.jpg")))
    }

    /// A person with a session.
    func person(_ name: String = "Ada") async throws -> Person {
        let user = try await accounts.register(
            name: name, email: "\(UUID().uuidString)@example.org", password: "kumquat marmalade")
        let token = try await accounts.startSession(of: user.id, userAgent: "", address: "")
        return Person(site: self, user: user, session: token)
    }

    /// An analysis in the state that a worker's result would have left it in.
    @discardableResult
    func analysis(
        of owner: UUID, _ status: AnalysisStatus = .finished, faces: [FaceResult] = [],
        about: AnalysisInformation = AnalysisInformation(title: "Sample"), batch: UUID? = nil,
        submitted: Date = Date()
    ) async throws -> UUID {
        let photo = try Self.sample()
        let id = try await store.submit(
            [
                Submission(
                    owner: owner, lane: .interactive, information: about,
                    batch: batch.map { BatchReference(id: $0, title: "Trip") }, fileName: "IMG_2041.jpg",
                    contentType: "image/jpeg", byteCount: photo.count, bytes: { photo }, requestID: "test")
            ], limits: IntakeLimits(maxOpenPerUser: 10_000, maxOpen: 100_000)
        ).results[0].get()
        try await database.execute("UPDATE analyses SET submitted_at = \(submitted) WHERE id = \(id)")
        switch status {
        case .queued: break
        case .processing: _ = try await store.claim(id, generation: 1)
        case .cancelled: try await store.cancel(.some([id]), owner: owner)
        case .finished: try await finish(id, faces)
        case .failed: try await fail(id)
        }
        return id
    }

    /// Claims it and records a result, as a worker's message would.
    func finish(_ id: UUID, _ faces: [FaceResult]) async throws {
        let generation = try await claim(id)
        let result = AnalysisResult(
            width: 512, height: 512, previewWidth: 512, previewHeight: 512,
            findings: Findings(faces: faces, facesCut: false, faceCrop: false),
            model: ModelReference(name: "mien-inception-s", version: "1.0.0"),
            timingsMs: ["wait": 12.5, "decode": 5.4, "classify": 1.3])
        try await database.execute(AnalysisLifecycle.finished(id, generation: generation, result))
        let jpeg = try Self.sample()
        try await database.execute(
            """
            INSERT INTO previews (analysis_id, annotated, clean, thumbnail)
            VALUES (\(id), \(Self.annotated()), \(jpeg), \(jpeg))
            """)
    }

    /// Has its annotated picture drawn, as a worker would.
    func annotate(_ id: UUID, owner: UUID) async throws {
        let picture = DrawnPicture.annotated
        _ = try await picture.ask(id, owner: owner, in: database)
        let attempt = try await picture.claim(id, generation: 1, in: database)?.attempt
        _ = try await picture.store(Self.sample(), of: id, generation: 1, attempt: attempt, in: database)
    }

    /// Claims it and records that it is damaged.
    func fail(_ id: UUID) async throws {
        let generation = try await claim(id)
        try await database.execute(
            AnalysisLifecycle.failed(
                id, generation: generation, code: "damaged", message: "The photo is damaged."))
    }

    private func claim(_ id: UUID) async throws -> Int {
        let row = try await database.first("SELECT generation FROM analyses WHERE id = \(id)")
        let generation = try row?.decode(Int.self) ?? 0
        _ = try await store.claim(id, generation: generation)
        return generation
    }

    static func face(
        _ number: Int, _ emotion: String, _ confidence: Double = 0.873, notSure: Bool = false, notes: [String] = []
    ) -> FaceResult {
        let others = Emotion.names.filter { $0 != emotion }
        let rest = ((1 - confidence) / 6).rounded(places: 5)
        let probabilities = Dictionary(
            uniqueKeysWithValues: [(emotion, confidence)] + others.map { ($0, rest) })
        return FaceResult(
            number: number, box: .init(x: Double(20 * number), y: 40, width: 61, height: 76), landmarks: [],
            emotion: emotion, confidence: confidence, probabilities: probabilities, notSure: notSure, notes: notes)
    }
}

/// A person at their browser.
struct Person: Sendable {
    let site: Site
    let user: User
    let session: String

    var cookie: String { "mien_session=\(session)" }

    func get(_ path: String, _ headers: HTTPFields = [:]) async throws -> TestResponse {
        var fields: HTTPFields = [.cookie: cookie]
        for field in headers { fields[field.name] = field.value }
        return try await site.client.executeRequest(uri: path, method: .get, headers: fields, body: nil)
    }

    /// Posts a small form with the token of a page of this person.
    func post(_ path: String, _ fields: [(String, String)] = []) async throws -> TestResponse {
        let all = fields + [("csrf_token", try await token())]
        let body = all.map { "\($0.0.addingPercentEncoding())=\($0.1.addingPercentEncoding())" }.joined(separator: "&")
        return try await site.client.executeRequest(
            uri: path, method: .post,
            headers: [.cookie: cookie, .contentType: "application/x-www-form-urlencoded"],
            body: ByteBuffer(string: body))
    }

    /// Posts as a program does, with an API token.
    func postAsProgram(_ path: String, _ fields: [(String, String)] = []) async throws -> TestResponse {
        let token = try await site.accounts.makeToken(for: user.id, .named("tests")).text
        let body = fields.map { "\($0.0.addingPercentEncoding())=\($0.1.addingPercentEncoding())" }
        return try await site.client.executeRequest(
            uri: path, method: .post,
            headers: [
                .authorization: "Bearer \(token)", .contentType: "application/x-www-form-urlencoded",
            ], body: ByteBuffer(string: body.joined(separator: "&")))
    }

    /// Sends photos as the page's form does.
    func send(
        _ photos: [(name: String, bytes: [UInt8])], _ fields: [(String, String)] = [], json: Bool = false,
        headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var body = ByteBuffer()
        for (name, value) in fields + [("csrf_token", try await token())] {
            body.writeString("--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n")
        }
        for photo in photos {
            body.writeString(
                "--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"\(photo.name)\"\r\n\r\n")
            body.writeBytes(photo.bytes)
            body.writeString("\r\n")
        }
        body.writeString("--b--\r\n")
        var all: HTTPFields = [
            .cookie: cookie, .contentType: "multipart/form-data; boundary=b",
            .accept: json ? "application/json" : "text/html",
        ]
        for field in headers { all[field.name] = field.value }
        return try await site.client.executeRequest(uri: "/analyses", method: .post, headers: all, body: body)
    }

    private func token() async throws -> String {
        let html = try await get("/account").text
        return html.firstMatch(of: /name="csrf_token" value="([^"]*)"/).map { String($0.1) } ?? ""
    }

    /// As the database has it now.
    func counts() async throws -> (finished: Int, failed: Int) {
        let row = try await site.database.first("SELECT finished_count, failed_count FROM users WHERE id = \(user.id)")
        return try row?.decode((Int, Int).self) ?? (-1, -1)
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
    var bytes: [UInt8] { Array(body.readableBytesView) }
}
