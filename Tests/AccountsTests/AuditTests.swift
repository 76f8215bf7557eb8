import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations

@Suite struct AuditTests {
    private func events(_ site: Site) async throws -> [String] {
        try await site.pool.query("SELECT event FROM audit_log ORDER BY id").map { try $0.decode(String.self) }
    }

    /// Addresses are kept as they were typed, with accents as characters of their own too.
    @Test func anAddressIsFoundInWhicheverFormItWasTyped() async throws {
        try await withDatabase { pool in
            let decomposed = "jose\u{301}@example.org"
            let jose = try await AccountStore(database: pool, hasher: .cheap).makeUser(decomposed)
            _ = try await AccountStore(database: pool, hasher: .cheap).makeUser("grace@example.org")
            try await AuditLog(database: pool).recordFailedLogIn(
                email: " \(decomposed)", from: RequestOrigin(address: "192.0.2.7", requestID: ""))
            let row = try await pool.first("SELECT subject_id FROM audit_log WHERE event = 'log_in_failed'")
            #expect(try row?.decode(UUID.self) == jose.id)
            let operations = OperationsStore(database: pool)
            for text in ["Jos\u{E9}", "jose\u{301}"] {
                let people = try await operations.people(matching: text, before: nil).people
                #expect(people.map(\.id) == [jose.id])
                #expect(try await operations.audit(AuditFilter(text: text)).count == 1)
            }
            #expect(try await operations.people(matching: "jos\u{E8}", before: nil).people.isEmpty)
        }
    }

    @Test func logInsFailuresAndDenialsAreRecordedWithoutNames() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            try await browser.submit("/register", from: "/register", SiteTests.ada)
            try await browser.submit("/logout", from: "/home")
            try await browser.submit("/login", from: "/login", ["email": "ada@example.org", "password": "wrong"])
            try await browser.submit("/login", from: "/login", ["email": "eve@example.org", "password": "wrong"])
            try await browser.submit("/login", from: "/login", SiteTests.ada)
            _ = try await browser.post("/logout", [:])
            _ = try await browser.get("/home", [.authorization: "Bearer mien_no_such_token_exists"])
            #expect(
                try await events(site) == [
                    "registered", "logged_out", "log_in_failed", "log_in_failed", "logged_in", "denied", "denied",
                ])
            let log = try await site.pool.query("SELECT a::text FROM audit_log a").map { try $0.decode(String.self) }
                .joined()
            for secret in ["ada@example.org", "eve@example.org", "wrong", "no_such_token"] {
                #expect(!log.contains(secret), "\(secret)")
            }
            let failed = try await site.pool.query(
                "SELECT subject_id FROM audit_log WHERE event = 'log_in_failed' ORDER BY id"
            ).map { try $0.decode(UUID?.self) }
            let user = try #require(try await site.accounts.user(email: "ada@example.org"))
            #expect(failed == [user.id, nil])
        }
    }

    @Test func strangersCannotFillTheLog() async throws {
        try await Site.run { site in
            for _ in 0..<(AuditLog.strangersPerMinute + 40) { _ = try await Browser(site).post("/login", [:]) }
            let count = try await events(site).count
            // Those of the seconds that it took are added.
            #expect((AuditLog.strangersPerMinute..<(AuditLog.strangersPerMinute + 40)).contains(count))
        }
    }

    /// What is done is done, and some of it is shown this once only.
    @Test func whatCannotBeRecordedIsAnsweredAllTheSame() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            try await browser.submit("/register", from: "/register", SiteTests.ada)
            let user = try #require(try await site.accounts.user(email: "ada@example.org"))
            try await site.accounts.setAdmin(true, of: user.id)
            let id = try await insertAnalysis(site.pool, owner: user.id)
            try await browser.submit("/account/second-factor/begin", from: "/account/security")
            let factors = SecondFactorStore(database: site.pool, secret: SecondFactorTests.secret)
            let secret = try #require(try await factors.enrolment(of: user.id)).secret
            try await site.pool.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'refused'; END$$")
            try await site.pool.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse()")
            let code = TOTP.code(secret: secret, step: TOTP.step(at: Date()))
            let on = try await browser.submit(
                "/account/second-factor/confirm", from: "/account/second-factor", ["code": code])
            #expect(on.status == .ok && on.text.matches(of: /<li><code>[a-z2-7-]{19}<\/code>/).count == 10)
            let former = browser.cookies["mien_session"]
            let password = try await browser.submit(
                "/account/password", from: "/home",
                ["current": "kumquat marmalade", "password": "four unrelated words"])
            #expect(password.status == .seeOther && browser.cookies["mien_session"] != former)
            #expect(try await browser.get("/home").status == .ok, "the renewed session's cookie is set")
            for (path, fields, shown) in [
                ("/account/tokens", ["label": "a", "read_analyses": "yes"], "Bearer mien_"),
                ("/analyses/\(id.lower)/shares", ["days": "7", "information": "title"], "/s/"),
                ("/operations/users", ["name": "Eve", "email": "eve@example.org"], "/reset?token="),
            ] {
                let made = try await browser.submit(path, from: "/home", fields)
                #expect(made.status == .ok && made.text.contains(shown), "\(path)")
            }
            let wrong = try await Browser(site).submit("/login", from: "/login", SiteTests.ada)
            #expect(wrong.status == .unprocessableContent)
            #expect(try await browser.get("/account/export.zip").status.code >= 500, "nothing has been done yet")
            #expect(try await browser.submit("/logout", from: "/home").status == .seeOther)
        }
    }

    @Test func oldEventsAreSwept() async throws {
        try await Site.run { site in
            try await Browser(site).submit("/register", from: "/register", SiteTests.ada)
            #expect(try await AuditLog(database: site.pool).sweep(days: 1) == 0)
            try await site.pool.execute("UPDATE audit_log SET at = now() - interval '2 days'")
            #expect(try await AuditLog(database: site.pool).sweep(days: 1) == 1)
        }
    }
}

@Suite struct DeviceNameTests {
    @Test(arguments: [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) FxiOS/130.0 Safari/605.1", "Firefox on iPhone"),
        ("python-requests/2.32", "python-requests"), ("", "An unknown program"),
    ])
    func aDeviceIsNamedAsPeopleKnowIt(_ agent: String, _ name: String) {
        #expect(DeviceName.of(agent) == name)
    }
}
