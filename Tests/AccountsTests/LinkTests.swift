import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import GatewayCore

/// One-time links: a new password, and the first administrator.
@Suite struct LinkTests {
    @Test func aLinkSetsANewPasswordOnceAndEndsAllSessions() async throws {
        try await Site.run { site in
            let user = try await site.accounts.makeUser()
            let session = try await site.accounts.startSession(of: user.id, userAgent: "", address: "")
            let older = try await site.accounts.makeResetToken(for: user.id)
            let token = try await site.accounts.makeResetToken(for: user.id)
            let browser = Browser(site)
            #expect(try await browser.get("/reset?token=\(older)").status == .gone, "the newest link alone works")
            let page = try await browser.get("/reset?token=\(token)")
            #expect(page.status == .ok && page.text.contains("ada@example.org"))
            let short = try await browser.submit(
                "/reset", from: "/reset?token=\(token)", ["token": token, "password": "short"])
            #expect(short.status == .unprocessableContent, "a refused password does not use the link up")
            let done = try await browser.submit(
                "/reset", from: "/reset?token=\(token)", ["token": token, "password": "four unrelated words"])
            #expect(done.text.contains("Your password is changed"))
            #expect(try await site.accounts.user(sessionToken: session) == nil)
            #expect(
                try await site.accounts.authenticate(email: user.email, password: "four unrelated words")?.user == user)
            #expect(try await browser.get("/reset?token=\(token)").status == .gone)
            let again = try await browser.submit(
                "/reset", from: "/login", ["token": token, "password": "another four words"])
            #expect(again.status == .gone)
        }
    }

    @Test func ofTwoWithTheSameLinkOneIsTooLate() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let user = try await accounts.makeUser()
            let token = try await accounts.makeResetToken(for: user.id)
            let used = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        try await accounts.resetPassword("a new password \(number)", token: token) != nil
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(used == 1)
        }
    }

    @Test func aLinkExpiresAndIsSweptAndDisabledAccountsHaveNone() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let user = try await accounts.makeUser()
            let token = try await accounts.makeResetToken(for: user.id)
            try await accounts.setDisabled(true, of: user.id)
            #expect(try await accounts.user(resetToken: token) == nil)
            try await pool.execute("UPDATE account_links SET created_at = now() - interval '1 hour'")
            #expect(
                try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300) == nil,
                "nobody is sent one that does not work")
            try await accounts.setDisabled(false, of: user.id)
            #expect(try await accounts.user(resetToken: token) == user)
            try await pool.execute("UPDATE account_links SET expires_at = now()")
            #expect(try await accounts.user(resetToken: token) == nil)
            #expect(try await accounts.resetPassword("four unrelated words", token: token) == nil)
            #expect(try await accounts.sweepLinks() == 1)
            #expect(try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300) != nil)
            try await pool.execute("UPDATE account_links SET created_at = now() - interval '1 hour'")
            try await accounts.leave(user.id)
            #expect(try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300) == nil)
        }
    }

    @Test(arguments: ["", "x", String(repeating: "a", count: 43), "'; DROP TABLE users; --"])
    func whatIsNoLinkOpensNothing(_ token: String) async throws {
        try await Site.run { site in
            let query = token.addingPercentEncoding()
            for path in ["reset", "setup"] {
                let answer = try await Browser(site).get("/\(path)?token=\(query)")
                #expect(answer.status == .gone, "\(path)")
            }
        }
    }

    @Test func theFirstAdministratorIsMadeByALinkEvenWhenRegistrationIsClosed() async throws {
        try await Site.run(["MIEN_REGISTRATION": "closed"]) { site in
            let token = try #require(try await site.accounts.makeFirstAdministratorToken())
            let second = try #require(try await site.accounts.makeFirstAdministratorToken())
            let browser = Browser(site)
            #expect(try await browser.get("/setup?token=\(second)").status == .ok)
            #expect(try await browser.get("/setup?token=x").text.contains("first-administrator-link"))
            #expect(try await browser.get("/").text.contains("no administrator yet"))
            let wrong = try await browser.submit(
                "/setup", from: "/setup?token=\(token)",
                ["token": token, "name": "Ada", "email": "ada", "password": "x"])
            #expect(wrong.status == .unprocessableContent)
            let made = try await browser.submit(
                "/setup", from: "/setup?token=\(token)", SiteTests.ada.merging(["token": token]) { $1 })
            #expect(made.headers[.location] == "/home")
            #expect(try await site.accounts.user(email: "ada@example.org")?.isAdmin == true)
            for link in [token, second] {
                let late = try await Browser(site).get("/setup?token=\(link)")
                #expect(late.status == .gone && late.text.contains("There is an administrator already"))
            }
            #expect(try await !Browser(site).get("/").text.contains("no administrator yet"))
            #expect(try await site.accounts.makeFirstAdministratorToken() == nil, "there is one now")
        }
    }

    @Test func aLinkIsNotSpentBeforeTheAccountIsThere() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            _ = try await accounts.makeUser()
            let token = try #require(try await accounts.makeFirstAdministratorToken())
            @Sendable func register(_ email: String) async throws -> User? {
                try await accounts.registerFirstAdministrator(
                    name: "Grace", email: email, password: "four unrelated words", timeZone: nil, token: token)
            }
            await #expect(throws: AccountErrors.self, "the address is taken") { try await register("ada@example.org") }
            try await pool.execute("ALTER TABLE users RENAME COLUMN time_zone TO hidden")
            await #expect(throws: PostgresError.self) { try await register("grace@example.org") }
            try await pool.execute("ALTER TABLE users RENAME COLUMN hidden TO time_zone")
            #expect(try await accounts.isFirstAdministratorToken(token))
            let made = try await withThrowingTaskGroup(of: User?.self) { group in
                for number in 0..<4 { group.addTask { try await register("grace\(number)@example.org") } }
                return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
            }
            #expect(made.count == 1 && made[0].isAdmin)
            #expect(try await accounts.users().count == 2)
        }
    }

    @Test func aLinkForANewPasswordEndsTokensUnlessTheyAreKept() async throws {
        try await Site.run { site in
            let user = try await site.accounts.makeUser()
            for keep in [true, false] {
                let api = try await site.accounts.makeToken(for: user.id, .named("script")).text
                let token = try await site.accounts.makeResetToken(for: user.id)
                var fields = ["token": token, "password": "four unrelated words"]
                if keep { fields["keep_tokens"] = "yes" }
                let done = try await Browser(site).submit("/reset", from: "/reset?token=\(token)", fields)
                #expect(done.status == .ok)
                #expect(try await site.accounts.holder(of: api) == (keep ? user : nil))
            }
        }
    }

    @Test func aLinkOpensNothingOnceThereIsAnAdministrator() async throws {
        try await Site.run { site in
            let token = try #require(try await site.accounts.makeFirstAdministratorToken())
            let user = try await site.accounts.makeUser()
            try await site.accounts.setAdmin(true, of: user.id)
            #expect(try await Browser(site).get("/setup?token=\(token)").status == .gone)
            let late = try await Browser(site).submit(
                "/setup", from: "/login",
                ["token": token, "name": "Eve", "email": "eve@example.org", "password": "four unrelated words"])
            #expect(late.status == .gone)
            #expect(try await site.accounts.user(email: "eve@example.org") == nil)
        }
    }

    @Test func aLinkIsAskedForByMailWithOneAnswerForEverybody() async throws {
        let settings = [
            "MIEN_SMTP_URL": "smtp://127.0.0.1:1", "MIEN_SMTP_FROM": "mien@example.org",
            "MIEN_PUBLIC_URL": "https://mien.example.org",
        ]
        try await Site.run(settings) { site in
            _ = try await site.accounts.makeUser()
            let browser = Browser(site)
            #expect(try await browser.get("/login").text.contains("/forgot"))
            var answers: [String] = []
            for email in ["ada@example.org", "eve@example.org"] {
                let answer = try await browser.submit("/forgot", from: "/forgot", ["email": email])
                #expect(answer.status == .ok)
                answers.append(answer.text.replacingOccurrences(of: email, with: "@"))
            }
            #expect(answers[0] == answers[1])
            let wrong = try await browser.submit("/forgot", from: "/forgot", ["email": "ada"])
            #expect(wrong.status == .unprocessableContent)
            // The queue runs beside the site, so nothing was made yet: the page itself looks nothing up.
            #expect(try await site.pool.first("SELECT count(*) FROM account_links")?.decode(Int.self) == 0)
        }
    }

    /// Whoever reads the former letterbox has no way into the account any more.
    @Test func aLinkThatWasSentToTheFormerAddressEndsWithIt() async throws {
        try await Site.run { site in
            let user = try await site.accounts.makeUser()
            let other = try await site.accounts.makeUser("grace@example.org")
            let browser = try await AccountsTests.browser(site, user)
            let token = try await site.accounts.makeResetToken(for: user.id)
            let theirs = try await site.accounts.makeResetToken(for: other.id)
            for fields in [["name": "Ada King"], ["email": other.email, "current": "kumquat marmalade"]] {
                try await browser.submit("/account/profile", from: "/account", fields)
                #expect(try await Browser(site).get("/reset?token=\(token)").status == .ok, "the address is as before")
            }
            let moved = try await browser.submit(
                "/account/profile", from: "/account",
                ["email": "lovelace@example.org", "current": "kumquat marmalade"])
            #expect(moved.status == .seeOther)
            #expect(try await Browser(site).get("/reset?token=\(token)").status == .gone)
            #expect(try await Browser(site).get("/reset?token=\(theirs)").status == .ok, "it is somebody else's")
            // One that was asked for before, and is made only now, would be sent to the former address.
            let late = try await site.accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300)
            #expect(late == nil)
            #expect(
                try await site.accounts.makeResetToken(for: user.id, at: "lovelace@example.org", notWithin: 300) != nil)
        }
    }

    @Test func anAccountIsSentOneLinkAtATime() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let user = try await accounts.makeUser()
            #expect(try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300) != nil)
            #expect(try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300) == nil)
            try await pool.execute("UPDATE account_links SET created_at = now() - interval '301 seconds'")
            #expect(try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300) != nil)
        }
    }
}
