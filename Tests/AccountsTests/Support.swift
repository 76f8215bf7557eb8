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
@testable import GatewayCore
@testable import Operations

/// A database of its own for one test, on the suite's private server.
func withDatabase<R: Sendable>(_ body: (ConnectionPool) async throws -> R) async throws -> R {
    let server = try await PrivatePostgres.shared()
    let url = try await server.makeDatabase(migrated: true)
    let pool = ConnectionPool(
        PostgresConfiguration(url: url, applicationName: "accounts-tests", size: 4), logger: Logger(label: "tests"))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await pool.run() }
        let result = try await body(pool)
        group.cancelAll()
        return result
    }
}

extension PasswordHasher {
    /// As cheap as argon2 allows.
    static let cheap = PasswordHasher(parameters: Argon2.Parameters(memory: 8, passes: 1))
}

extension AccountStore {
    func makeUser(_ email: String = "ada@example.org", password: String = "kumquat marmalade") async throws -> User {
        try await register(name: "Ada", email: email, password: password)
    }

    /// Shows the password of the account that `makeUser` makes; the code is still to come.
    func beginLogIn() async throws -> String {
        let shown = try #require(try await authenticate(email: "ada@example.org", password: "kumquat marmalade"))
        return try #require(try await beginLogIn(after: shown))
    }
}

/// The site as the gateway builds it, around the routes that these tests are about.
struct Site {
    let client: any TestClientProtocol
    let accounts: AccountStore
    let pool: ConnectionPool

    static func run(
        _ settings: [String: String] = [:], throttle: LoginThrottle = LoginThrottle(), sendsMail: Bool = false,
        _ body: @escaping @Sendable (Site) async throws -> Void
    ) async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let services = services(pool, settings)
            let app = Application(
                router: try router(services, accounts, throttle), logger: Logger(label: "tests"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                if sendsMail, let mailer = services.accountMailer { group.addTask { try await mailer.run() } }
                try await app.test(.router) { client in
                    try await body(Site(client: client, accounts: accounts, pool: pool))
                }
                group.cancelAll()
            }
        }
    }

    private static func configuration(_ settings: [String: String]) -> GatewayConfiguration {
        let environment = [
            "MIEN_DATABASE_URL": "postgres://unused", "MIEN_KAFKA_BROKERS": "unused",
            "MIEN_SECRET": String(repeating: "s", count: 32),
            // The tests ask more than anybody in a minute.
            "MIEN_API_REQUESTS_PER_MINUTE": "0", "MIEN_MAX_OPEN_PER_USER": "10",
            "MIEN_WEB_DIR": URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("Sources/GatewayCore").path,
        ]
        return GatewayConfiguration(SettingsReader(environment: environment.merging(settings) { _, given in given }))
    }

    /// The same routes once more, to be listed.
    static func router(of site: Site) throws -> Router<GatewayContext> {
        try router(services(site.pool), site.accounts, LoginThrottle())
    }

    static func services(_ pool: ConnectionPool, _ settings: [String: String] = [:]) -> GatewayServices {
        GatewayServices(configuration: configuration(settings), database: pool, logger: Logger(label: "tests"))
    }

    private static func router(
        _ services: GatewayServices, _ accounts: AccountStore, _ throttle: LoginThrottle
    ) throws -> Router<GatewayContext> {
        let router = Router(context: GatewayContext.self)
        try WebRoutes(
            services: services, accounts: accounts, disk: DiskSpace(path: "/", minFreeMB: 0), throttle: throttle
        ).add(to: router)
        router.get("/fails") { _, _ -> Response in throw Secret() }
        return router
    }

    /// Something that no answer may show.
    struct Secret: Error, CustomStringConvertible {
        let description = "password=hunter2"
    }
}

/// A browser: keeps cookies, reads forms and posts them.
final class Browser {
    let client: any TestClientProtocol
    var cookies: [String: String] = [:]
    var headers: HTTPFields = [:]

    init(_ site: Site) {
        client = site.client
    }

    @discardableResult
    func get(_ path: String, _ extra: HTTPFields = [:]) async throws -> TestResponse {
        try await send(path, .get, nil, extra)
    }

    /// Posts fields together with the token from the form on the page at `page`.
    @discardableResult
    func submit(_ path: String, from page: String, _ fields: [String: String] = [:]) async throws -> TestResponse {
        let html = String(buffer: try await get(page).body)
        let token = html.firstMatch(of: /name="csrf_token" value="([^"]*)"/).map { String($0.1) }
        return try await post(path, fields.merging(["csrf_token": token ?? ""]) { given, _ in given })
    }

    @discardableResult
    func post(_ path: String, _ fields: [String: String], _ extra: HTTPFields = [:]) async throws -> TestResponse {
        let body = fields.map { "\($0.addingPercentEncoding())=\($1.addingPercentEncoding())" }.joined(separator: "&")
        return try await send(path, .post, body, extra)
    }

    func send(
        _ path: String, _ method: HTTPRequest.Method, _ body: String?, _ extra: HTTPFields = [:]
    ) async throws -> TestResponse {
        var fields = headers
        if !cookies.isEmpty { fields[.cookie] = cookies.map { "\($0)=\($1)" }.joined(separator: "; ") }
        if body != nil { fields[.contentType] = "application/x-www-form-urlencoded" }
        for field in extra { fields[field.name] = field.value }
        let response = try await client.executeRequest(
            uri: path, method: method, headers: fields, body: body.map { ByteBuffer(string: $0) })
        for cookie in response.headers[values: .setCookie] { keep(cookie) }
        return response
    }

    private func keep(_ cookie: String) {
        let parts = cookie.split(separator: ";")[0].split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        cookies[String(parts[0])] = cookie.contains("Max-Age=0") ? nil : String(parts[1])
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
}
