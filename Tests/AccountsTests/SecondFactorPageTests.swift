import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import GatewayCore
@testable import Operations

/// The second factor as people meet it: on the account's page about security, and at the log-in.
@Suite struct SecondFactorPageTests {
    private static let ada = SiteTests.ada
    private static let security = "/account/security"
    private static let path = "/account/second-factor"

    /// Ada's browser, with her second factor on, its secret and its recovery codes.
    private struct Enrolled {
        let site: Site
        let browser: Browser
        let user: User
        let secret: [UInt8]
        let codes: [String]

        /// The code of now, as if none had been used yet.
        func code() async throws -> String {
            try await site.pool.execute("UPDATE second_factors SET last_step = 0")
            return TOTP.code(secret: secret, step: TOTP.step(at: Date()))
        }
    }

    private func ada(_ site: Site) async throws -> Browser {
        let browser = Browser(site)
        try await browser.submit("/register", from: "/register", Self.ada)
        return browser
    }

    private func enrol(_ site: Site) async throws -> Enrolled {
        let browser = try await ada(site)
        #expect(
            try await browser.submit("\(Self.path)/begin", from: Self.security).headers[.location] == Self.path)
        let page = try await browser.get(Self.path).text
        let user = try #require(try await site.accounts.user(email: "ada@example.org"))
        let factors = SecondFactorStore(database: site.pool, secret: SecondFactorTests.secret)
        let enrolment = try #require(try await factors.enrolment(of: user.id))
        #expect(page.contains(enrolment.key) && page.contains("otpauth://totp/Mien:ada%40example.org?secret="))
        #expect(page.contains("<svg class=\"qr\""))
        let code = TOTP.code(secret: enrolment.secret, step: TOTP.step(at: Date()))
        let done = try await browser.submit("\(Self.path)/confirm", from: Self.path, ["code": code])
        #expect(done.status == .ok && done.headers[.cacheControl] == "no-store")
        let codes = done.text.matches(of: /<li><code>([a-z2-7-]{19})<\/code>/).map { String($0.1) }
        #expect(codes.count == 10)
        #expect(done.text.contains("download=\"mien-recovery-codes.txt\"") && done.text.contains("%0D%0A\(codes[9])"))
        return Enrolled(site: site, browser: browser, user: user, secret: enrolment.secret, codes: codes)
    }

    /// The events of the log, oldest first.
    private func events(_ site: Site) async throws -> [String] {
        try await site.pool.query("SELECT event FROM audit_log ORDER BY id").map { try $0.decode(String.self) }
    }

    @Test func aFactorCountsOnceItsCodeWasShown() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            #expect(try await browser.get(Self.path).headers[.location] == Self.security, "nothing was begun")
            try await browser.submit("\(Self.path)/begin", from: Self.security)
            let wrong = try await browser.submit("\(Self.path)/confirm", from: Self.path, ["code": "12345"])
            #expect(wrong.status == .unprocessableContent && wrong.text.contains("not the code of now"))
            #expect(try await browser.get(Self.security).text.contains("Set it up"))
            let other = Browser(site)
            let log = try await other.submit("/login", from: "/login", Self.ada)
            #expect(log.headers[.location] == "/home", "no code is asked for before that")
        }
    }

    @Test func aLogInAsksForTheCodeAndIsNoSessionBefore() async throws {
        try await Site.run { site in
            let ada = try await enrol(site)
            let page = try await ada.browser.get(Self.security).text
            #expect(page.contains("You have 10 recovery codes left") && page.contains("Switch off the second factor"))
            let browser = Browser(site)
            let first = try await browser.submit(
                "/login", from: "/login", Self.ada.merging(["next": "/analyses"]) { $1 })
            #expect(first.headers[.location] == "/login/code?next=%2Fanalyses")
            #expect(browser.cookies["mien_session"] == nil && browser.cookies["mien_known"] == nil)
            let pending = try #require(browser.cookies["mien_pending"])
            #expect(try await browser.get("/home").headers[.location] == "/login")
            #expect(try await browser.get(first.headers[.location] ?? "").text.contains("Enter the code"))
            browser.cookies["mien_session"] = pending
            #expect(try await browser.get("/home").status == .seeOther, "what waits opens nothing")
            browser.cookies["mien_session"] = nil
            let wrong = try await browser.submit(
                "/login/code", from: "/login/code", ["code": "0000000", "next": "/analyses"])
            #expect(wrong.status == .unprocessableContent && wrong.text.contains("This code is wrong"))
            #expect(wrong.text.contains(#"value="/analyses""#))
            #expect(try await browser.get("/home").status == .seeOther)
            let code = try await ada.code()
            let right = try await browser.submit(
                "/login/code", from: "/login/code", ["code": code, "next": "/analyses"])
            #expect(right.headers[.location] == "/analyses")
            #expect(browser.cookies["mien_pending"] == nil)
            #expect(try await browser.get("/home").status == .ok)
            let stranger = Browser(site)
            stranger.cookies["mien_pending"] = pending
            #expect(try await stranger.get("/login/code").headers[.location] == "/login", "it is over")
            let replay = Browser(site)
            try await replay.submit("/login", from: "/login", Self.ada)
            let again = try await replay.submit("/login/code", from: "/login/code", ["code": code])
            #expect(again.status == .unprocessableContent, "a code works once")
            #expect(
                try await events(site) == [
                    "registered", "second_factor_on", "second_factor_failed", "logged_in", "second_factor_failed",
                ])
        }
    }

    @Test func nobodyLearnsFromAWrongPasswordWhetherThereIsASecondFactor() async throws {
        try await Site.run { site in
            _ = try await enrol(site)
            let browser = Browser(site)
            var answers: [String] = []
            for email in ["ada@example.org", "eve@example.org"] {
                let answer = try await browser.submit(
                    "/login", from: "/login", ["email": email, "password": "not this one"])
                answers.append(answer.text.replacing(email, with: "@"))
            }
            #expect(answers[0] == answers[1])
            #expect(browser.cookies["mien_pending"] == nil)
        }
    }

    @Test func aCodeThatComesTooLateNeedsThePasswordAgain() async throws {
        try await Site.run { site in
            let ada = try await enrol(site)
            let browser = Browser(site)
            try await browser.submit("/login", from: "/login", Self.ada)
            try await site.pool.execute("UPDATE pending_log_ins SET begun_at = now() - interval '11 minutes'")
            let late = try await browser.submit(
                "/login/code", from: "/login", ["code": try await ada.code(), "next": "//evil.example.org"])
            #expect(late.status == .unprocessableContent && late.text.contains("begun too long ago"))
            #expect(!late.text.contains("evil.example.org"))
            #expect(try await browser.get("/home").status == .seeOther)
        }
    }

    @Test func guessingCodesIsSlowedDownByAddressAndRefusedByAccount() async throws {
        var limits = LoginThrottle.Limits()
        limits.freeForAddress = 7
        (limits.firstRefusal, limits.longestRefusal, limits.longestDelay) = (3_600, 3_600, 0)
        try await Site.run(throttle: LoginThrottle(limits: limits)) { site in
            let ada = try await enrol(site)
            let browser = Browser(site)
            try await browser.submit("/login", from: "/login", Self.ada)
            var answers: [String] = []
            for _ in 0..<8 {
                let answer = try await browser.submit("/login/code", from: "/login/code", ["code": "0000000"])
                answers.append("\(answer.status.code) \(answer.text.contains("Too many wrong codes"))")
            }
            #expect(
                answers == Array(repeating: "422 false", count: 5) + Array(repeating: "422 true", count: 2) + [
                    "429 false"
                ])
            let throttled = try await browser.submit("/login/code", from: "/login/code", ["code": "1"])
            #expect(throttled.headers[.retryAfter] != nil && throttled.text.contains("Enter the code"))
            #expect(try await ada.browser.get("/home").status == .ok, "who is logged in notices nothing")
        }
    }

    @Test func aRecoveryCodeLetsInOnceAndLeadsToThePageAboutSecurity() async throws {
        try await Site.run { site in
            let ada = try await enrol(site)
            let browser = Browser(site)
            try await browser.submit("/login", from: "/login", Self.ada)
            let answer = try await browser.submit(
                "/login/code", from: "/login/code", ["code": ada.codes[4].uppercased()])
            #expect(answer.headers[.location] == "/account/security?done=recovery")
            let page = try await browser.get("/account/security?done=recovery").text
            #expect(page.contains("which works no more") && page.contains("You have 9 recovery codes left"))
            let other = Browser(site)
            try await other.submit("/login", from: "/login", Self.ada)
            let again = try await other.submit("/login/code", from: "/login/code", ["code": ada.codes[4]])
            #expect(again.text.contains("none of your recovery codes"))
            #expect(try await events(site).contains("recovery_code_used"))
            // Who has come in so switches it off without the app that is lost.
            let off = try await browser.submit("\(Self.path)/off", from: Self.security)
            #expect(off.headers[.location] == "/account/security?done=factor-off")
            #expect(try await events(site).last == "second_factor_off")
            #expect(try await Browser(site).submit("/login", from: "/login", Self.ada).headers[.location] == "/home")
        }
    }

    @Test func newRecoveryCodesTakeThePlaceOfTheOldOnes() async throws {
        try await Site.run { site in
            let ada = try await enrol(site)
            let page = try await ada.browser.submit("\(Self.path)/codes", from: Self.security)
            let codes = page.text.matches(of: /<li><code>([a-z2-7-]{19})<\/code>/).map { String($0.1) }
            #expect(codes.count == 10 && Set(codes).isDisjoint(with: ada.codes))
            let browser = Browser(site)
            try await browser.submit("/login", from: "/login", Self.ada)
            #expect(
                try await browser.submit("/login/code", from: "/login/code", ["code": ada.codes[0]]).status
                    == .unprocessableContent)
            #expect(
                try await browser.submit("/login/code", from: "/login/code", ["code": codes[0]]).status == .seeOther)
        }
    }

    /// After ten minutes each of these asks for password and code; what is changed then stays as it was without them.
    @Test(arguments: ["begin", "token", "codes", "off", "password", "profile", "leave"])
    func dangerousActsAskAgainAfterTenMinutes(_ act: String) async throws {
        try await Site.run { site in
            let ada: Enrolled?
            let browser: Browser
            if act == "begin" {
                (ada, browser) = (nil, try await self.ada(site))
            } else {
                let enrolled = try await enrol(site)
                (ada, browser) = (enrolled, enrolled.browser)
            }
            let (path, fields): (String, [String: String]) =
                switch act {
                case "token": ("/account/tokens", ["label": "a", "read_analyses": "yes"])
                case "password": ("/account/password", ["password": "four unrelated words"])
                case "profile": ("/account/profile", ["email": "lovelace@example.org"])
                case "leave": ("/account/delete", ["confirmation": "ada@example.org"])
                default: ("\(Self.path)/\(act)", [:])
                }
            func send(_ more: [String: String]) async throws -> TestResponse {
                try await browser.submit(path, from: "/home", fields.merging(more) { $1 })
            }
            try await site.pool.execute("UPDATE sessions SET confirmed_at = now() - interval '601 seconds'")
            let before = try await state(site)
            #expect(try await send([:]).status == .unprocessableContent)
            let wrong = try await send(["current": "not this one", "code": ada == nil ? "" : try await ada!.code()])
            #expect(wrong.status == .unprocessableContent)
            if let ada {
                let half = try await send(["current": "kumquat marmalade"])
                #expect(half.status == .unprocessableContent && half.text.contains("Enter the code"))
                #expect(half.text.contains("autocomplete=\"one-time-code\""))
                let other = try await send(["current": "kumquat marmalade", "code": "0000000"])
                #expect(other.status == .unprocessableContent && other.text.contains("This code is wrong"))
                #expect(try await state(site) == before, "nothing has happened yet")
                let done = try await send(["current": "kumquat marmalade", "code": try await ada.code()])
                #expect(done.status == .seeOther || done.status == .ok)
            } else {
                #expect(try await state(site) == before)
                #expect(try await send(["current": "kumquat marmalade"]).status == .seeOther)
            }
            #expect(try await state(site) != before)
            if act != "leave" {
                let row = try await site.pool.first(
                    "SELECT bool_and(confirmed_at > now() - interval '1 minute') FROM sessions")
                #expect(try row?.decode(Bool.self) == true, "it is asked for nothing again for a while")
            }
        }
    }

    /// What such acts change.
    private func state(_ site: Site) async throws -> String {
        let row = try await site.pool.first(
            """
            SELECT (SELECT string_agg(email || password_hash, ' ') FROM users)
                || (SELECT count(*) FROM api_tokens)::text
                || coalesce((SELECT string_agg(encode(code_hash, 'hex'), ' ' ORDER BY code_hash) FROM recovery_codes), '')
                || (SELECT count(*) FROM second_factors)::text || (SELECT count(leaving_at) FROM users)::text
            """)
        return try row?.decode(String?.self) ?? ""
    }

    @Test func thePasswordAloneDoesNotStretchTheTenMinutes() async throws {
        try await Site.run { site in
            let ada = try await enrol(site)
            // Fresh, the form for a new password asks for the old one only; that must not stretch the ten minutes.
            try await site.pool.execute("UPDATE sessions SET confirmed_at = now() - interval '590 seconds'")
            let answer = try await ada.browser.submit(
                "/account/password", from: "/home",
                ["current": "kumquat marmalade", "password": "four unrelated words"])
            #expect(answer.status == .seeOther)
            let row = try await site.pool.first(
                "SELECT bool_or(confirmed_at > now() - interval '580 seconds') FROM sessions")
            #expect(try row?.decode(Bool.self) == false)
        }
    }

    @Test func aLinkForANewPasswordLeavesItOn() async throws {
        try await Site.run { site in
            let ada = try await enrol(site)
            let token = try await site.accounts.makeResetToken(for: ada.user.id)
            let browser = Browser(site)
            try await browser.submit(
                "/reset", from: "/reset?token=\(token)", ["token": token, "password": "four unrelated words"])
            let answer = try await browser.submit(
                "/login", from: "/login", ["email": "ada@example.org", "password": "four unrelated words"])
            #expect(answer.headers[.location] == "/login/code")
            #expect(try await browser.get("/home").status == .seeOther)
        }
    }

    @Test func anAPITokenNeedsNoCode() async throws {
        try await Site.run(["MIEN_REQUIRE_TWO_FACTOR": "all"]) { site in
            let user = try await site.accounts.makeUser()
            let text = try await site.accounts.makeToken(for: user.id, .named("script")).text
            let program = Browser(site)
            program.headers[.authorization] = "Bearer \(text)"
            #expect(try await program.get("/api/v1/me").status == .ok)
            for path in ["begin", "confirm", "codes", "off"] {
                #expect(try await program.post("\(Self.path)/\(path)", [:]).status == .forbidden, "\(path)")
            }
        }
    }

    @Test func anAdministratorSwitchesItOffForWhoHasLostAll() async throws {
        try await Site.run { site in
            let ada = try await enrol(site)
            let boss = try await site.accounts.register(
                name: "Grace", email: "grace@example.org", password: "kumquat marmalade", isAdmin: true)
            let browser = try await AccountsTests.browser(site, boss)
            #expect(try await browser.get("/operations/users").text.contains("Switch off the second factor"))
            let path = "/operations/users/\(ada.user.id.uuidString.lowercased())/unlock"
            #expect(try await ada.browser.submit(path, from: "/home").status == .notFound, "not she herself")
            #expect(try await browser.submit(path, from: "/home").status == .seeOther)
            #expect(try await browser.submit(path, from: "/home").status == .notFound, "it is off")
            #expect(try await Browser(site).submit("/login", from: "/login", Self.ada).headers[.location] == "/home")
            let row = try await site.pool.first(
                "SELECT actor_id, subject_id FROM audit_log WHERE event = 'second_factor_off'")
            #expect(try row?.decode((UUID, UUID).self) ?? (UUID(), UUID()) == (boss.id, ada.user.id))
        }
    }

    @Test(arguments: ["admins", "all"])
    func whoHasToHaveOneGetsNowhereWithoutIt(_ rule: String) async throws {
        try await Site.run(["MIEN_REQUIRE_TWO_FACTOR": rule]) { site in
            let boss = try await site.accounts.register(
                name: "Grace", email: "grace@example.org", password: "kumquat marmalade", isAdmin: true)
            let browser = try await AccountsTests.browser(site, boss)
            for path in ["/home", "/operations", "/account", "/account/programs", "/analyses"] {
                #expect(try await browser.get(path).headers[.location] == Self.security, "\(path)")
            }
            #expect(try await browser.get("/api/v1/me").status == .forbidden)
            #expect(try await browser.get("//account//security").status == .ok, "as the router reads it")
            #expect(try await browser.get("/account/security2").status == .seeOther)
            #expect(
                try await browser.submit("/account/tokens", from: Self.security, ["label": "a"]).status == .forbidden)
            #expect(try await browser.get(Self.security).text.contains("This site asks you to set one up"))
            #expect(try await browser.get("/account/data").status == .ok)
            #expect(try await browser.get("/account/delete").status == .ok)
            try await browser.submit("\(Self.path)/begin", from: Self.security)
            let factors = SecondFactorStore(database: site.pool, secret: SecondFactorTests.secret)
            let secret = try #require(try await factors.enrolment(of: boss.id)).secret
            let code = TOTP.code(secret: secret, step: TOTP.step(at: Date()))
            try await browser.submit("\(Self.path)/confirm", from: Self.path, ["code": code])
            #expect(try await browser.get("/operations").status == .ok)
            let person = try await ada(site)
            #expect(try await person.get("/home").status == (rule == "all" ? .seeOther : .ok))
        }
    }

    /// As every answer of the API to somebody who is known.
    @Test func whoLacksASecondFactorIsToldHowManyRequestsAreLeft() async throws {
        try await Site.run(["MIEN_REQUIRE_TWO_FACTOR": "all", "MIEN_API_REQUESTS_PER_MINUTE": "3"]) { site in
            let browser = try await ada(site)
            let answer = try await browser.get("/api/v1/me")
            #expect(answer.status == .forbidden && answer.text.contains("second_factor_needed"))
            #expect(answer.headers[HTTPField.Name("RateLimit")!]?.hasPrefix("\"minute\";r=2;t=") == true)
        }
    }

    @Test func aChangedSecretOfTheGatewayIsSaidAndRecoveryCodesWork() async throws {
        try await Site.run { site in
            let ada = try await enrol(site)
            let other = try SecondFactorSeal(secret: "another").seal(ada.secret, of: ada.user.id)
            try await site.pool.execute("UPDATE second_factors SET secret = \(other)")
            let browser = Browser(site)
            try await browser.submit("/login", from: "/login", Self.ada)
            let answer = try await browser.submit("/login/code", from: "/login/code", ["code": try await ada.code()])
            #expect(answer.status == .unprocessableContent && answer.text.contains("this site’s secret was changed"))
            let recovered = try await browser.submit("/login/code", from: "/login/code", ["code": ada.codes[0]])
            #expect(recovered.status == .seeOther)
        }
    }

    @Test func theExportTellsOfItAndHoldsNoSecret() async throws {
        try await Site.run { site in
            let ada = try await enrol(site)
            let status = SecondFactorStatus(since: Date(), recoveryCodes: 3)
            let bytes = try await site.accounts.document(of: ada.user, webhooks: [], secondFactor: status)
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("second_factor_since") && text.contains(#""theme" : "system""#))
            #expect(!text.contains(Base32.encode(ada.secret)))
        }
    }
}
