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

@testable import GatewayCore

/// The site as the gateway builds it, with a database of its own; without Kafka, so results are put in by hand.
struct Site: Sendable {
    let client: any TestClientProtocol
    let database: ConnectionPool
    let accounts: AccountStore
    let store: AnalysisStore
    /// Records results as if they had come from Kafka.
    let recorder: Recorder
    let secret: String

    static func run(
        _ settings: [String: String] = [:], _ body: @escaping @Sendable (Site) async throws -> Void
    ) async throws {
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
        let gateway = try Gateway(configuration, metricsText: { "" }, logger: logger)
        let pool = gateway.services.database
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.run() }
            let router = Router(context: GatewayContext.self)
            try gateway.addWebRoutes(to: router)
            try await Application(router: router, logger: logger).test(.router) { client in
                let cheap = PasswordHasher(parameters: Argon2.Parameters(memory: 8, passes: 1))
                try await body(
                    Site(
                        client: client, database: pool, accounts: AccountStore(database: pool, hasher: cheap),
                        store: gateway.services.analyses, recorder: gateway.recorder, secret: configuration.secret))
            }
            group.cancelAll()
        }
    }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let web = root.appendingPathComponent("Sources/GatewayCore/Web")
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
        let id = try await store.submit(
            Submission(
                owner: owner, lane: .interactive, information: about,
                batch: batch.map { BatchReference(id: $0, title: "Trip") }, fileName: "IMG_2041.jpg",
                contentType: "image/jpeg", bytes: ByteBuffer(bytes: try Self.sample()), requestID: "test"),
            limits: IntakeLimits(maxOpenPerUser: 10_000, maxOpen: 100_000))
        try await database.execute("UPDATE analyses SET submitted_at = \(submitted) WHERE id = \(id)")
        switch status {
        case .queued, .processing, .cancelled: break
        case .finished: try await finish(id, faces)
        case .failed: try await fail(id)
        }
        return id
    }

    func finish(_ id: UUID, _ faces: [FaceResult]) async throws {
        let findings = Findings(faces: faces, facesCut: false, faceCrop: false)
        let json = String(decoding: try JSONEncoder().encode(findings), as: UTF8.self)
        try await database.execute(
            """
            UPDATE analyses SET status = 'finished', finished_at = now(), attempts = 1, width = 512, height = 512,
                preview_width = 512, preview_height = 512, face_count = \(faces.count), faces = \(json)::jsonb,
                model_name = 'mien-inception-s', model_version = '1.0.0',
                timings_ms = '{"wait": 12.5, "decode": 5.4, "classify": 1.3}'::jsonb
            WHERE id = \(id)
            """)
        let jpeg = try Self.sample()
        try await database.execute(
            "INSERT INTO previews (analysis_id, annotated, clean, thumbnail) VALUES (\(id), \(jpeg), \(jpeg), \(jpeg))")
    }

    func fail(_ id: UUID) async throws {
        try await database.execute(
            """
            WITH changed AS (
                UPDATE analyses SET status = 'failed', finished_at = now(), error_code = 'damaged',
                    error_message = 'The photo is damaged.', attempts = 1
                WHERE id = \(id) RETURNING user_id)
            UPDATE users SET failed_count = failed_count + 1 FROM changed WHERE users.id = changed.user_id
            """)
    }

    static func face(
        _ number: Int, _ emotion: String, _ confidence: Double = 0.873, notSure: Bool = false, notes: [String] = []
    ) -> FaceResult {
        let others = EmotionWords.order.filter { $0 != emotion }
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

    private var cookie: String { "mien_session=\(session)" }

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

    /// Sends photos as the page's form does.
    func send(
        _ photos: [(name: String, bytes: [UInt8])], _ fields: [(String, String)] = [], json: Bool = false
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
        return try await site.client.executeRequest(
            uri: "/analyses", method: .post,
            headers: [
                .cookie: cookie, .contentType: "multipart/form-data; boundary=b",
                .accept: json ? "application/json" : "text/html",
            ], body: body)
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
