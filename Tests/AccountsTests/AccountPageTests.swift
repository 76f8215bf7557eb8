import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import Accounts
@testable import GatewayCore

@Suite struct AccountPageTests {
    static let ada = SiteTests.ada

    /// A browser in which Ada is logged in.
    private func ada(_ site: Site, userAgent: String = "Firefox/128.0 (X11; Linux)") async throws -> Browser {
        let browser = Browser(site)
        browser.headers[.userAgent] = userAgent
        let exists = try await site.accounts.user(email: "ada@example.org") != nil
        let path = exists ? "/login" : "/register"
        #expect(try await browser.submit(path, from: path, Self.ada).status == .seeOther)
        return browser
    }

    @Test func detailsAreChangedAndShownInTheChosenTimeZone() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            let answer = try await browser.submit(
                "/account/profile", from: "/account",
                ["name": "Ada King", "email": "ada@example.org", "zone": "Pacific/Auckland"])
            #expect(answer.headers[.location] == "/account?done=profile")
            let page = try await browser.get("/account?done=profile").text
            let said = try #require(page.firstRange(of: "tabindex=\"-1\" autofocus>Your details are saved.")).lowerBound
            let section = try #require(page.firstRange(of: #"<h2 id="details">"#)).lowerBound
            #expect(said < section, "it is said at the top, and has the focus")
            #expect(page.contains(#"value="Ada King""#))
            #expect(page.contains(#"<option value="Pacific/Auckland" selected>"#))
            let sessions = try await browser.get("/account/security").text
            #expect(sessions.contains("GMT+1"), "New Zealand is 12 or 13 hours ahead")
            #expect(try await browser.get("/home").text.contains("Hello, Ada King"))
        }
    }

    /// Bookmarks and links from before the account had several pages.
    @Test func oldAddressesLeadToThePageThatTheyMeant() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            for (word, page) in [
                ("password", "security"), ("session", "security"), ("sessions", "security"), ("token", "programs"),
                ("webhook", "programs"),
            ] {
                let location = try await browser.get("/account?done=\(word)").headers[.location]
                #expect(location == "/account/\(page)?done=\(word)")
                #expect(
                    try await browser.get(location ?? "").text.contains(#"class="notice" role="status""#), "\(word)")
            }
            #expect(try await browser.get("/account?done=<b>").status == .ok)
            let page = try await browser.get("/account").text
            for anchor in ["password", "sessions", "tokens", "webhooks", "data", "leave", "figures"] {
                #expect(page.contains("<span id=\"\(anchor)\">"), "\(anchor)")
            }
        }
    }

    @Test func whatIsWrongIsSaidAtTheTopToo() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            let answer = try await browser.submit(
                "/account/password", from: "/account", ["current": "not this one", "password": "four unrelated words"])
            #expect(answer.text.contains(##"<a href="#password-current">This is not your password.</a>"##))
            #expect(answer.text.contains(#"id="password-current""#))
        }
    }

    @Test func aThemeIsKeptWithThePersonAndInTheBrowser() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            #expect(try await browser.get("/home").text.contains("<html lang=\"en\">"))
            let fields = ["name": "Ada", "email": "ada@example.org", "zone": "UTC"]
            let wrong = try await browser.submit(
                "/account/profile", from: "/account", fields.merging(["theme": "pink"]) { $1 })
            #expect(wrong.status == .unprocessableContent && wrong.text.contains("Choose one of the three."))
            try await browser.submit("/account/profile", from: "/account", fields.merging(["theme": "dark"]) { $1 })
            #expect(try await browser.get("/home").text.contains(#"<html lang="en" data-theme="dark">"#))
            #expect(try await browser.get("/account").text.contains(#"value="dark" checked"#))
            try await browser.submit("/account/profile", from: "/account", fields)
            #expect(try await browser.get("/home").text.contains("data-theme"), "a form without it changes nothing")
            try await browser.submit("/logout", from: "/home")
            #expect(try await browser.get("/login").text.contains(#"data-theme="dark""#))
            #expect(try await browser.get("/nowhere").text.contains(#"data-theme="dark""#), "error pages too")
            browser.cookies["mien_theme"] = "dark onload=x"
            #expect(try await !browser.get("/login").text.contains("data-theme"))
            let other = try await ada(site)
            #expect(other.cookies["mien_theme"] == "dark", "each browser learns of it at the log-in")
            try await other.submit("/account/profile", from: "/account", fields.merging(["theme": "system"]) { $1 })
            #expect(other.cookies["mien_theme"] == nil)
            #expect(try await !other.get("/home").text.contains("data-theme"))
        }
    }

    @Test func theAddressChangesOnlyWithThePassword() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            let fields = ["name": "Ada", "email": "lovelace@example.org", "zone": "UTC"]
            for password in ["", "not this one"] {
                let answer = try await browser.submit(
                    "/account/profile", from: "/account", fields.merging(["current": password]) { $1 })
                #expect(answer.status == .unprocessableContent)
                #expect(answer.text.contains(#"value="lovelace@example.org""#), "what was written is kept")
            }
            #expect(try await site.accounts.user(email: "lovelace@example.org") == nil)
            let right = fields.merging(["current": "kumquat marmalade"]) { $1 }
            #expect(try await browser.submit("/account/profile", from: "/account", right).status == .seeOther)
            #expect(try await site.accounts.user(email: "lovelace@example.org") != nil)
        }
    }

    @Test func anAddressThatIsTakenAndAZoneThatIsNoneAreRefused() async throws {
        try await Site.run { site in
            _ = try await site.accounts.makeUser("grace@example.org")
            let browser = try await ada(site)
            let taken = try await browser.submit(
                "/account/profile", from: "/account",
                ["email": "GRACE@example.org", "current": "kumquat marmalade"])
            #expect(taken.text.contains("has an account already"))
            for zone in ["Mars/Olympus", "../../etc/passwd", "GMT+25", ""] {
                let wrong = try await browser.submit("/account/profile", from: "/account", ["zone": zone])
                #expect(wrong.status == .unprocessableContent, "\(zone)")
                #expect(wrong.text.contains("Choose a time zone from the list."))
            }
        }
    }

    @Test func aNewPasswordAsksTheOldOneAndEndsTheOtherSessions() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            let other = try await ada(site)
            let wrong = try await browser.submit(
                "/account/password", from: "/account",
                ["current": "not this one", "password": "four unrelated words"])
            #expect(wrong.text.contains("This is not your password."))
            let common = try await browser.submit(
                "/account/password", from: "/account", ["current": "kumquat marmalade", "password": "password1"])
            #expect(common.text.contains("one of the most common passwords"))
            #expect(try await other.get("/home").status == .ok)
            let right = try await browser.submit(
                "/account/password", from: "/account",
                ["current": "kumquat marmalade", "password": "four unrelated words"])
            #expect(right.status == .seeOther)
            #expect(try await browser.get("/home").status == .ok, "this session goes on")
            #expect(try await other.get("/home").status == .seeOther)
            #expect(
                try await site.accounts.authenticate(email: "ada@example.org", password: "kumquat marmalade") == nil)
        }
    }

    @Test func aNewPasswordEndsAPITokensUnlessTheirBoxIsTicked() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            let user = try #require(try await site.accounts.user(email: "ada@example.org"))
            let token = try await site.accounts.makeToken(for: user.id, .named("script")).text
            var fields = ["current": "kumquat marmalade", "password": "four unrelated words", "keep_tokens": "yes"]
            #expect(try await browser.submit("/account/password", from: "/account", fields).status == .seeOther)
            #expect(try await site.accounts.holder(of: token) == user)
            fields = ["current": "four unrelated words", "password": "kumquat marmalade"]
            #expect(try await browser.submit("/account/password", from: "/account", fields).status == .seeOther)
            #expect(try await site.accounts.holder(of: token) == nil)
        }
    }

    @Test func aTokenIsMadeShownOnceAndEnded() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            let user = try #require(try await site.accounts.user(email: "ada@example.org"))
            let refused = try await browser.submit(
                "/account/tokens", from: "/account", ["label": "Camera", "days": "30"])
            #expect(refused.status == .unprocessableContent)
            #expect(refused.text.contains("Choose at least one."))
            let made = try await browser.submit(
                "/account/tokens", from: "/account", ["label": "Camera", "days": "30", "read_analyses": "yes"])
            #expect(made.status == .ok)
            #expect(made.headers[.cacheControl] == "no-store")
            let text = try #require(made.text.firstMatch(of: /mien_[A-Za-z0-9_-]{40,}/).map { String($0.0) })
            #expect(try await site.accounts.holder(of: text) == user)
            let page = try await browser.get("/account/programs").text
            #expect(page.contains("Camera") && !page.contains(text))
            let id = try #require(try await site.accounts.tokens(of: user.id).first?.id)
            let other = Browser(site)
            try await other.submit(
                "/register", from: "/register",
                ["name": "Eve", "email": "eve@example.org", "password": "four unrelated words"])
            #expect(try await other.submit("/account/tokens/\(id)/end", from: "/account").status == .notFound)
            #expect(try await browser.submit("/account/tokens/\(id)/end", from: "/account").status == .seeOther)
            #expect(try await site.accounts.holder(of: text) == nil)
        }
    }

    @Test func whoShowsThePasswordAgainGetsANewSessionToken() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            let first = try #require(browser.cookies["mien_session"])
            try await browser.submit(
                "/account/password", from: "/account",
                ["current": "kumquat marmalade", "password": "four unrelated words"])
            let second = try #require(browser.cookies["mien_session"])
            #expect(second != first)
            #expect(try await site.accounts.user(sessionToken: first) == nil)
            #expect(try await browser.get("/account").status == .ok)
            try await browser.submit(
                "/account/profile", from: "/account",
                ["name": "Ada", "email": "lovelace@example.org", "zone": "UTC", "current": "four unrelated words"])
            #expect(browser.cookies["mien_session"] != second)
            #expect(try await site.accounts.user(sessionToken: second) == nil)
            #expect(try await browser.get("/account").status == .ok)
        }
    }

    @Test func guessingThePasswordInAnOpenBrowserIsSlowedDownToo() async throws {
        var limits = LoginThrottle.Limits()
        limits.freeForAddress = 3
        (limits.firstRefusal, limits.longestRefusal) = (3_600, 3_600)
        try await Site.run(throttle: LoginThrottle(limits: limits)) { site in
            let browser = try await ada(site)
            var statuses: [Int] = []
            for _ in 0..<4 {
                statuses.append(
                    try await browser.submit(
                        "/account/password", from: "/account", ["current": "a guess", "password": "x"]
                    ).status.code)
            }
            #expect(statuses == [422, 422, 422, 429])
        }
    }

    @Test func sessionsAreListedWithTheirDevicesAndEnded() async throws {
        try await Site.run { site in
            let browser = try await ada(site)
            let phone = try await ada(
                site, userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")
            let program = try await ada(site, userAgent: "curl/8.5")
            let page = try await browser.get("/account/security").text
            for device in ["Firefox on Linux", "Safari on iPhone", "curl", "This browser"] {
                #expect(page.contains(device), "\(device)")
            }
            #expect(page.matches(of: /action="\/account\/sessions\/[0-9a-f-]{36}\/end"/).count == 2)
            let user = try #require(try await site.accounts.user(email: "ada@example.org"))
            let id = try #require(
                try await site.accounts.sessions(of: user.id, current: nil).first { $0.userAgent == "curl/8.5" }
            ).id
            #expect(
                try await browser.submit("/account/sessions/\(id)/end", from: "/account").status == .seeOther)
            #expect(try await program.get("/home").status == .seeOther)
            #expect(try await phone.get("/home").status == .ok)
            #expect(try await browser.submit("/account/sessions/\(id)/end", from: "/account").status == .notFound)
            #expect(try await browser.submit("/account/sessions/end-others", from: "/account").status == .seeOther)
            #expect(try await phone.get("/home").status == .seeOther)
            #expect(try await browser.get("/home").status == .ok)
        }
    }

    @Test func nobodyEndsAnotherPersonsSession() async throws {
        try await Site.run { site in
            let grace = try await site.accounts.makeUser("grace@example.org")
            _ = try await site.accounts.startSession(of: grace.id, userAgent: "", address: "")
            let id = try #require(try await site.accounts.sessions(of: grace.id, current: nil).first).id
            let browser = try await ada(site)
            #expect(try await browser.submit("/account/sessions/\(id)/end", from: "/account").status == .notFound)
            #expect(try await site.accounts.sessions(of: grace.id, current: nil).count == 1)
        }
    }

    @Test func monthsAreCountedInThePersonsTimeZone() async throws {
        try await Site.run { site in
            let user = try await site.accounts.makeUser()
            for days in [0.0, 0, 400] { try await insertAnalysis(site.pool, owner: user.id, daysAgo: days) }
            try await insertAnalysis(site.pool, owner: user.id, failedWith: "damaged")
            let months = try await site.accounts.monthlyCounts(of: user)
            #expect(months.count == 12)
            #expect(months.last?.finished == 2 && months.last?.failed == 1)
            #expect(
                months.dropLast().allSatisfy { $0.finished == 0 && $0.failed == 0 }, "older than a year is left out")
        }
    }
}
