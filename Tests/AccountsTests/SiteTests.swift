import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import GatewayCore

@Suite struct SiteTests {
    static let ada = ["name": "Ada", "email": "ada@example.org", "password": "kumquat marmalade"]

    @Test func aPersonRegistersLeavesAndComesBack() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            let registered = try await browser.submit("/register", from: "/register", Self.ada)
            #expect(registered.status == .seeOther)
            #expect(registered.headers[.location] == "/home")
            #expect(try await browser.get("/home").text.contains("Hello, Ada"))
            #expect(try await browser.get("/").headers[.location] == "/home")
            #expect(try await browser.get("/account").text.contains("ada@example.org"))
            let left = try await browser.submit("/logout", from: "/home")
            #expect(left.headers[.location] == "/")
            #expect(browser.cookies["mien_session"] == nil)
            #expect(try await browser.get("/home").headers[.location] == "/login")
            let back = try await browser.submit(
                "/login", from: "/login?next=/analyses", Self.ada.merging(["next": "/analyses"]) { $1 })
            #expect(back.headers[.location] == "/analyses")
            #expect(try await browser.get("/analyses").text.contains("Nothing here yet"))
        }
    }

    @Test func aSessionIsNewAtEachLogInAndDeadAfterLeaving() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            try await browser.submit("/register", from: "/register", Self.ada)
            let first = try #require(browser.cookies["mien_session"])
            try await browser.submit("/logout", from: "/home")
            browser.cookies["mien_session"] = first
            #expect(try await browser.get("/home").status == .seeOther, "a stolen copy opens nothing")
            try await browser.submit("/login", from: "/login", Self.ada)
            #expect(browser.cookies["mien_session"] != first)
        }
    }

    @Test func cookiesAreGuarded() async throws {
        try await Site.run(["MIEN_TRUST_PROXY": "yes"]) { site in
            let browser = Browser(site)
            let plain = try await browser.submit("/register", from: "/register", Self.ada)
            let cookie = try #require(plain.headers[values: .setCookie].first { $0.hasPrefix("mien_session=") })
            for part in ["HttpOnly", "SameSite=Lax", "Path=/"] { #expect(cookie.contains(part)) }
            #expect(!cookie.contains("Secure"))
            let secure = Browser(site)
            secure.headers[HTTPField.Name("X-Forwarded-Proto")!] = "https"
            let answer = try await secure.submit("/login", from: "/login", Self.ada)
            let guarded = try #require(answer.headers[values: .setCookie].first)
            #expect(guarded.hasPrefix("__Host-mien_session="))
            for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] { #expect(guarded.contains(part)) }
            #expect(!guarded.contains("Domain"))
        }
    }

    @Test func theAnswerToAnUnknownAddressAndAWrongPasswordIsTheSame() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            try await browser.submit("/register", from: "/register", Self.ada)
            try await browser.submit("/logout", from: "/home")
            var pages: [String] = []
            for email in ["ada@example.org", "eve@example.org"] {
                let answer = try await browser.submit(
                    "/login", from: "/login", ["email": email, "password": "not this one"])
                #expect(answer.status == .unprocessableContent)
                #expect(!answer.text.contains("not this one"))
                pages.append(answer.text.replacingOccurrences(of: email, with: "@"))
            }
            #expect(pages[0] == pages[1])
        }
    }

    @Test func aFormIsShownAgainWithWhatWasWrittenButThePassword() async throws {
        try await Site.run { site in
            let answer = try await Browser(site).submit(
                "/register", from: "/register", ["name": "Ada & Co", "email": "nowhere", "password": "password123"])
            #expect(answer.status == .unprocessableContent)
            #expect(answer.text.contains(#"value="Ada &amp; Co""#))
            #expect(answer.text.contains(#"value="nowhere""#))
            #expect(answer.text.contains("one of the most common passwords"))
            #expect(answer.text.contains("Enter an e-mail address"))
            #expect(!answer.text.contains("password123"))
        }
    }

    @Test func formsWithoutTheTokenChangeNothing() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            #expect(try await browser.post("/register", Self.ada).status == .forbidden)
            #expect(try await browser.post("/login", Self.ada).status == .forbidden)
            try await browser.submit("/register", from: "/register", Self.ada)
            #expect(try await browser.post("/logout", [:]).status == .forbidden)
            #expect(try await browser.post("/logout", ["csrf_token": "x"]).status == .forbidden)
            let other = Browser(site)
            let token = try #require(
                try await other.get("/login").text.firstMatch(of: /name="csrf_token" value="([^"]*)"/)
            ).1
            #expect(try await browser.post("/logout", ["csrf_token": String(token)]).status == .forbidden)
            #expect(try await browser.get("/home").status == .ok)
        }
    }

    /// A second tab has the page of before the log-in, or of before the log-out.
    @Test func whatASecondTabSendsLeadsOn() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            let token = try #require(
                try await browser.get("/login").text.firstMatch(of: /name="csrf_token" value="([^"]*)"/)
            ).1
            let former = ["csrf_token": String(token)]
            try await browser.submit("/register", from: "/register", Self.ada)
            let session = browser.cookies["mien_session"]
            let visit = Self.ada.merging(former) { $1 }.merging(["next": "/analyses"]) { $1 }
            #expect(try await browser.post("/login", visit).headers[.location] == "/analyses")
            let astray = Self.ada.merging(["next": "//evil.example"]) { $1 }
            #expect(try await browser.post("/login", astray).headers[.location] == "/home")
            let loud = Self.ada.merging(["email": " ADA@Example.org"]) { $1 }
            #expect(try await browser.post("/register", loud).headers[.location] == "/home")
            #expect(browser.cookies["mien_session"] == session, "nothing was done")
            // From elsewhere nobody is led on.
            let elsewhere: HTTPFields = [HTTPField.Name("Sec-Fetch-Site")!: "cross-site"]
            #expect(try await browser.post("/login", visit, elsewhere).status == .forbidden)

            let late = try #require(
                try await browser.get("/home").text.firstMatch(of: /name="csrf_token" value="([^"]*)"/)
            ).1
            try await browser.submit("/logout", from: "/home")
            let out = try await browser.post("/logout", ["csrf_token": String(late)])
            #expect(out.status == .seeOther && out.headers[.location] == "/")
            #expect(out.headers[HTTPField.Name("Clear-Site-Data")!] == "\"cache\"")
            #expect(try await browser.post("/logout", ["csrf_token": String(late)], elsewhere).status == .forbidden)
            let denied = try await site.pool.query("SELECT detail FROM audit_log WHERE event = 'denied' ORDER BY id")
            #expect(
                try denied.map { try $0.decode(String.self) } == ["csrf_refused /login", "csrf_refused /logout"])
        }
    }

    /// Ended by a changed password or from another device: the browser still has what it has kept.
    @Test func whoeverLogsOutOfAnEndedSessionLeavesNothingBehind() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            try await browser.submit("/register", from: "/register", Self.ada)
            let token = try #require(
                try await browser.get("/home").text.firstMatch(of: /name="csrf_token" value="([^"]*)"/)
            ).1
            try await site.accounts.endSession(try #require(browser.cookies["mien_session"]))
            let out = try await browser.post("/logout", ["csrf_token": String(token)])
            #expect(out.headers[.location] == "/")
            #expect(out.headers[HTTPField.Name("Clear-Site-Data")!] == "\"cache\"")
            #expect(browser.cookies["mien_session"] == nil)
        }
    }

    /// Two who share a browser: the second would be in the first one's account.
    @Test func whoeverComesInAsSomebodyElseInASecondTabIsTold() async throws {
        try await Site.run { site in
            let eve = try await site.accounts.makeUser("eve@example.org")
            let browser = Browser(site)
            let token = try #require(
                try await browser.get("/login").text.firstMatch(of: /name="csrf_token" value="([^"]*)"/)
            ).1
            let former = ["csrf_token": String(token), "next": "/trends"]
            try await browser.submit("/register", from: "/register", Self.ada)
            let session = browser.cookies["mien_session"]
            let other = Self.ada.merging(former) { $1 }.merging(["email": eve.email]) { $1 }
            let unknown = other.merging(["email": "bob@example.org"]) { $1 }
            for (path, fields) in [
                ("/login", other), ("/login", former), ("/register", other), ("/register", unknown),
                ("/login/code", former),
            ] {
                let answer = try await browser.post(path, fields)
                #expect(answer.status == .conflict && answer.headers[.location] == nil, "\(path)")
                #expect(answer.text.contains("logged in as ada@example.org"), "\(path)")
                let next = path == "/register" ? "/home" : "/trends"
                #expect(answer.text.contains(#"class="button" href="\#(next)""#), "\(path)")
            }
            #expect(browser.cookies["mien_session"] == session, "nothing was done")
            #expect(try await site.accounts.user(email: "bob@example.org") == nil)
            // With a code it is whoever has shown the password.
            browser.cookies["mien_pending"] = try await site.accounts.beginLogIn()
            #expect(try await browser.post("/login/code", former).headers[.location] == "/trends")
            let shown = try #require(
                try await site.accounts.authenticate(email: eve.email, password: "kumquat marmalade"))
            browser.cookies["mien_pending"] = try await site.accounts.beginLogIn(after: shown)
            #expect(try await browser.post("/login/code", former).status == .conflict)
        }
    }

    @Test func aFormFromAnotherSiteIsRefusedEvenWithTheToken() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            try await browser.submit("/register", from: "/register", Self.ada)
            browser.headers[HTTPField.Name("Sec-Fetch-Site")!] = "cross-site"
            #expect(try await browser.submit("/logout", from: "/home").status == .forbidden)
        }
    }

    @Test func guessingIsStoppedWithAWordOnWhenToComeBack() async throws {
        var limits = LoginThrottle.Limits()
        limits.freeForAddress = 3
        (limits.firstRefusal, limits.longestRefusal) = (3_600, 3_600)
        limits.freeForAccount = 100
        try await Site.run(throttle: LoginThrottle(limits: limits)) { site in
            let browser = Browser(site)
            var statuses: [Int] = []
            for _ in 0..<4 {
                let answer = try await browser.submit("/login", from: "/login", Self.ada)
                statuses.append(answer.status.code)
                guard answer.status == .tooManyRequests else { continue }
                #expect((3_500...3_600).contains(try #require(answer.headers[.retryAfter].flatMap { Int($0) })))
                #expect(answer.text.contains("Too many attempts. Wait 60 minutes, then try again."))
                #expect(answer.text.contains(#"value="ada@example.org""#), "the form is there still")
            }
            #expect(statuses == [422, 422, 422, 429])
        }
    }

    @Test func aBrowserThatWasInBeforeIsNotKeptOutByAStrangersGuessing() async throws {
        var limits = LoginThrottle.Limits()
        limits.freeForAddress = 1
        (limits.firstRefusal, limits.longestRefusal) = (3_600, 3_600)
        limits.freeForAccount = 100
        try await Site.run(throttle: LoginThrottle(limits: limits)) { site in
            let owner = Browser(site)
            try await owner.submit("/register", from: "/register", Self.ada)
            try await owner.submit("/logout", from: "/home")
            let stranger = Browser(site)
            stranger.cookies["mien_known"] = KnownBrowser(secret: "another secret").cookie(for: "ada@example.org")
            let guess = Self.ada.merging(["password": "a guess of mine"]) { $1 }
            #expect(try await stranger.submit("/login", from: "/login", guess).status == .unprocessableContent)
            #expect(try await stranger.submit("/login", from: "/login", guess).status == .tooManyRequests)
            #expect(try await owner.submit("/login", from: "/login", Self.ada).status == .seeOther)
            #expect(try await stranger.submit("/login", from: "/login", guess).status == .tooManyRequests)
        }
    }

    /// Whoever has no account yet decides by what the first page promises.
    @Test func theFirstPagePromisesWhatTheSiteDoes() async throws {
        try await Site.run { site in
            let page = try await Browser(site).get("/").text
            #expect(page.contains("Only you see them, unless you share one."))
            #expect(page.contains("What you delete is hidden at once, and gone for good after 30 days."))
        }
        try await Site.run(["MIEN_BIN_DAYS": "0", "MIEN_SHARING": "off"]) { site in
            let page = try await Browser(site).get("/").text
            #expect(page.contains("Only you see them. What you delete is gone at once."))
        }
    }

    @Test func closedRegistrationIsClosed() async throws {
        try await Site.run(["MIEN_REGISTRATION": "closed"]) { site in
            let browser = Browser(site)
            let shown = try await browser.get("/register")
            #expect(shown.status == .forbidden)
            #expect(try await browser.submit("/register", from: "/login", Self.ada).status == .forbidden)
            #expect(try await !browser.get("/").text.contains("/register"))
        }
    }

    @Test func pagesOfAnAccountAskAVisitorToLogIn() async throws {
        try await Site.run { site in
            let id = UUID()
            for path in ["/home", "/account", "/analyses", "/analyses/new", "/analyses/\(id)"] {
                let answer = try await Browser(site).get(path)
                #expect(answer.status == .seeOther)
                #expect(answer.headers[.location]?.hasPrefix("/login") == true)
            }
            let json = try await Browser(site).get("/home", [.accept: "application/json"])
            #expect(json.status == .unauthorized)
        }
    }

    /// A form is not sent again after the log-in: one comes back to its page, and is told.
    @Test func whoeverIsLoggedOutMeanwhileIsToldThatNothingWasSaved() async throws {
        try await Site.run { site in
            let visitor = Browser(site)
            let id = "/analyses/\(UUID().uuidString.lowercased())"
            let cases: [(path: String, page: String?, next: String)] = [
                ("\(id)/information", "https://localhost\(id)?edit", "next=%2Fanalyses%2F\(id.dropFirst(10))%3Fedit&"),
                // A page that answered the form stands where only forms are taken.
                ("\(id)/information", "http://localhost\(id)/information", "next=%2Fanalyses%2F\(id.dropFirst(10))&"),
                ("/analyses", "http://localhost/analyses/new", "next=%2Fanalyses%2Fnew&"),
                // What was done before is not what was asked for now.
                (
                    "/analyses/selected", "https://localhost/analyses?state=failed&done=delete-1&undo=x",
                    "next=%2Fanalyses%3Fstate%3Dfailed&"
                ),
                ("/analyses/selected", "https://localhost/analyses?done=delete-1", "next=%2Fanalyses&"),
                ("/account/profile", "https://evil.example/account", ""), ("/account/profile", nil, ""),
                ("/account/profile", "https://localhost.evil.example/account", ""),
            ]
            for (path, page, next) in cases {
                var referer = HTTPFields()
                referer[.referer] = page
                let answer = try await visitor.post(path, [:], referer)
                #expect(answer.headers[.location] == "/login?\(next)unsaved=1", "\(path) on \(page ?? "no page")")
            }
            let words = "You were logged out, so nothing was saved."
            #expect(try await visitor.get("/login?unsaved=1").text.contains(words))
            #expect(try await !visitor.get("/login").text.contains(words))
        }
    }

    @Test func anAPITokenOpensPagesAndAWrongOneIsSaidToBeWrong() async throws {
        try await Site.run { site in
            let user = try await site.accounts.makeUser()
            let token = try await site.accounts.makeToken(for: user.id, .named("")).text
            let browser = Browser(site)
            #expect(try await browser.get("/home", [.authorization: "Bearer \(token)"]).status == .ok)
            let refused = try await browser.get("/home", [.authorization: "Bearer \(token)x"])
            #expect(refused.status == .unauthorized)
            #expect(refused.text.contains("token_refused"))
            let none = try await browser.get("/home", [.authorization: "Bearer"])
            #expect(none.status == .unauthorized && none.text.contains("token_refused"))
        }
    }

    /// A proxy with a password of its own hands on what the browser has sent it.
    @Test(arguments: ["Basic eDp5", "basic eDp5", "Digest username=\"x\"", "Negotiate YII="])
    func whatIsForAProxyIsNoToken(_ authorization: String) async throws {
        try await Site.run { site in
            _ = try await site.accounts.makeUser()
            let browser = Browser(site)
            browser.headers[.authorization] = authorization
            let page = try await browser.get("/login")
            #expect(page.status == .ok && page.headers[.contentType]?.hasPrefix("text/html") == true)
            #expect(try await browser.get("/api/v1/me").status == .unauthorized)
            let visitor = try await browser.get("/api/v1/me")
            #expect(
                visitor.text.contains("login_needed") && visitor.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            let inside = try await browser.submit(
                "/login", from: "/login", ["email": "ada@example.org", "password": "kumquat marmalade"])
            #expect(inside.headers[.location] == "/home")
            #expect(try await browser.get("/home").status == .ok)
            #expect(try await browser.get("/api/v1/me").status == .ok)
            // It stands for no token where a form or a script has to bring one.
            #expect(try await browser.post("/account/sessions/end-others", [:]).status == .forbidden)
            #expect(try await browser.post("/logout", [:]).status == .forbidden)
            #expect(try await browser.send("/api/v1/batches", .post, "{}").text.contains("csrf_refused"))
            let events = try await site.pool.query("SELECT detail FROM audit_log WHERE event = 'denied'")
            #expect(try events.allSatisfy { try $0.decode(String.self).hasPrefix("csrf_refused") })
        }
    }
}
