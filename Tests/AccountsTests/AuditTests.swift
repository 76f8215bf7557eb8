import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import GatewayCore

@Suite struct AuditTests {
    private func events(_ site: Site) async throws -> [String] {
        try await site.pool.query("SELECT event FROM audit_log ORDER BY id").map { try $0.decode(String.self) }
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
