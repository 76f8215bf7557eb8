import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import TestSupport
import Testing

@testable import Accounts
@testable import GatewayCore
@testable import Operations

/// Logging in by a provider, a real process, as people meet it.
@Suite struct OpenIDPageTests {
    private static let password = ["email": "ada@example.org", "password": "kumquat marmalade"]

    @Test func aPersonWhomTheProviderKnowsGetsAnAccountAndComesBackToIt() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            for path in ["/login?next=%2Ftrends", "/register"] {
                let page = try await browser.get(path).text
                #expect(page.contains("Continue with Keyring") && page.contains("or with a password"))
            }
            #expect(
                try await browser.get("/login?next=%2Ftrends").text.contains(#"href="/login/openid?next=%2Ftrends""#))
            let answer = try await scene.travel(browser, as: "ada", from: "/login/openid?next=%2Ftrends")
            #expect(answer.status == .seeOther && answer.headers[.location] == "/trends")
            #expect(browser.cookies["mien_session"] != nil && browser.cookies["mien_known"] != nil)
            let ada = try #require(try await scene.user())
            #expect(ada.name == "Ada Lovelace" && ada.timeZone == "Europe/London")
            #expect(!ada.isAdmin && !ada.hasPassword && !ada.issuers.isEmpty)
            #expect(try await scene.events() == ["registered openid", "logged_in openid"])
            #expect(try await browser.get(OpenIDPage.path + "?next=%2Faccount").headers[.location] == "/account")
            // Recognised by issuer and subject alone: who changes the address elsewhere keeps the account.
            try scene.provider.put("ada", claims: #"{"email":"countess@example.org","name":"Countess"}"#)
            let other = Browser(scene.site)
            #expect(try await scene.travel(other, as: "ada").headers[.location] == "/home")
            #expect(try await other.get("/account").text.contains("ada@example.org"))
            #expect(try await scene.site.accounts.users().count == 1)
            let page = try await browser.get(OpenIDScene.security).text
            #expect(page.contains("Log in with Keyring") && page.contains("only way into your account"))
            #expect(page.contains("Your account has none: you log in with Keyring"))
            #expect(!page.contains("Confirm with"), "the provider has asked just now")
        }
    }

    @Test func ofTwoTabsOfANewPersonBothGetIn() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let answers = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await scene.travel(Browser(scene.site), as: "ada").status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers == Array(repeating: .seeOther, count: 4))
            #expect(try await scene.site.accounts.users().count == 1)
        }
    }

    @Test func thereIsNoPasswordThatOpensAnAccountOfTheProviders() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            try await scene.travel(Browser(scene.site), as: "ada")
            for password in ["", "kumquat marmalade", "ada"] {
                let answer = try await Browser(scene.site).submit(
                    "/login", from: "/login", ["email": "ada@example.org", "password": password])
                #expect(answer.status == .unprocessableContent)
            }
            let ada = try #require(try await scene.user())
            #expect(try await !scene.site.accounts.isPassword("", of: ada.id))
        }
    }

    @Test func anAccountWithTheSameAddressIsNotTakenOver() async throws {
        try await OpenIDScene.run { scene in
            let ada = try await scene.site.accounts.makeUser()
            // Whoever wants can say at some provider that this is their address, in whatever case.
            try scene.provider.put("eve", claims: #"{"email":"ADA@example.org","email_verified":true,"name":"Eve"}"#)
            let eve = Browser(scene.site)
            let answer = try await scene.travel(eve, as: "eve")
            #expect(answer.status == .conflict && answer.text.contains("There is an account with your address"))
            #expect(answer.text.contains("/login?next=%2Faccount%2Fsecurity"))
            #expect(eve.cookies["mien_session"] == nil)
            #expect(try await scene.site.accounts.identities(of: ada.id) == [])
            #expect(try await scene.events() == ["log_in_failed openid account_exists"])
        }
    }

    @Test func anAccountIsConnectedByItsOwnerAndDisconnected() async throws {
        try await OpenIDScene.run { scene in
            let ada = try await scene.site.accounts.makeUser()
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            try await browser.submit("/login", from: "/login", Self.password)
            #expect(try await browser.get(OpenIDScene.security).text.contains("Connect with Keyring"))
            let page = try await browser.submit(OpenIDPage.connectPath, from: OpenIDScene.security)
            #expect(page.status == .ok, "a redirect would be a matter of form-action")
            #expect(page.headers[.init("Refresh")!]?.hasPrefix("0; url=\(scene.provider.issuer)/") == true)
            let done = try await scene.connect(browser, as: "ada")
            #expect(done.status == .ok && done.text.contains("Your account is connected"))
            #expect(
                done.text.contains("Ada Lovelace, ada@example.org opens it by Keyring"), "nobody connects a stranger")
            #expect(try await scene.site.accounts.identities(of: ada.id).map(\.identity.subject) == ["ada"])
            let other = Browser(scene.site)
            #expect(try await scene.travel(other, as: "ada").headers[.location] == "/home")
            #expect(try await scene.user()?.hasPassword == true)
            // The same identity opens no second account, and one account has no two.
            _ = try await scene.site.accounts.makeUser("grace@example.org")
            let grace = Browser(scene.site)
            try await grace.submit(
                "/login", from: "/login", ["email": "grace@example.org", "password": "kumquat marmalade"])
            let taken = try await scene.connect(grace, as: "ada")
            #expect(taken.status == .conflict && taken.text.contains("opens another account"))
            try scene.provider.put("countess", claims: OpenIDScene.ada)
            #expect(try await scene.connect(browser, as: "countess").text.contains("connected already"))
            let gone = try await browser.submit(OpenIDPage.disconnectPath, from: OpenIDScene.security)
            #expect(gone.headers[.location] == "\(OpenIDScene.security)?done=disconnected")
            #expect(try await other.get("/home").status == .seeOther, "what the provider opened is over")
            #expect(try await browser.get("/home").status == .ok)
            let events = try await scene.events()
            #expect(events.contains("identity_connected") && events.last == "identity_disconnected")
            #expect(try await scene.travel(Browser(scene.site), as: "ada").status == .conflict)
        }
    }

    /// Whoever says at some provider that an address is theirs loses the account to whom it belongs.
    @Test func aLinkForANewPasswordPutsAStrangersIdentityOut() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("eve", claims: OpenIDScene.ada)
            let eve = Browser(scene.site)
            #expect(try await scene.travel(eve, as: "eve").headers[.location] == "/home")
            let ada = try #require(try await scene.user())
            let token = try await scene.site.accounts.makeResetToken(for: ada.id)
            let owner = Browser(scene.site)
            let page = try await owner.get("/reset?token=\(token)").text
            #expect(page.contains("it has to be connected with Keyring again"))
            let done = try await owner.submit(
                "/reset", from: "/reset?token=\(token)", ["token": token, "password": "kumquat marmalade"])
            #expect(done.text.contains("It is not connected with Keyring any more"))
            #expect(try await eve.get("/home").status == .seeOther)
            let again = Browser(scene.site)
            #expect(try await scene.travel(again, as: "eve").status == .conflict)
            #expect(again.cookies["mien_session"] == nil)
            #expect(try await scene.events().contains("identity_disconnected password_reset"))
        }
    }

    @Test func aPasswordThatAnOperatorSetsEndsWhatAStrangerHasConnectedOrBegun() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let ada = try await accounts.makeUser()
            let identity = ProviderIdentity(issuer: "https://login.example.org", subject: "eve")
            let browser = RandomToken.make()
            #expect(try await accounts.connect(identity, with: ada.id) == .connected)
            let session = try await accounts.startSession(of: ada.id, userAgent: "", address: "")
            let state = try await accounts.beginTrip(.connect(ada.id), browser: browser, next: "")
            let renewed = try await accounts.setPassword(
                "four unrelated words", of: ada, keepingTokens: true, renewing: session)
            #expect(renewed != nil)
            #expect(try await accounts.user(identity: identity)?.user.id == ada.id, "their own ends nothing of it")
            try await accounts.setPassword("kumquat marmalade", of: ada)
            #expect(try await accounts.user(identity: identity) == nil)
            #expect(try await accounts.endTrip(state: state, browser: browser.text) == nil)
        }
    }

    /// Between the moment in which somebody comes back from the provider and that in which the provider has answered.
    @Test(arguments: ["operator", "link", "password", "disable", "log-out", "other", "nothing"])
    func whatEndsASessionMeanwhileOvertakesItsConnection(_ change: String) async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let ada = try await accounts.makeUser()
            let identity = ProviderIdentity(issuer: "https://login.example.org", subject: "eve")
            let browser = RandomToken.make()
            var session = try await accounts.startSession(of: ada.id, userAgent: "", address: "")
            let state = try await accounts.beginTrip(.connect(ada.id), browser: browser, next: "")
            #expect(try await accounts.endTrip(state: state, browser: browser.text) != nil)
            switch change {
            case "operator": try await accounts.setPassword("four unrelated words", of: ada)
            case "link":
                let link = try await accounts.makeResetToken(for: ada.id)
                #expect(try await accounts.resetPassword("four unrelated words", token: link) != nil)
            case "password":
                let own = try await accounts.startSession(of: ada.id, userAgent: "", address: "")
                _ = try await accounts.setPassword("four unrelated words", of: ada, keepingTokens: true, renewing: own)
            case "disable": try await accounts.setDisabled(true, of: ada.id)
            case "log-out": try await accounts.endSession(session)
            case "other":
                let grace = try await accounts.makeUser("grace@example.org")
                session = try await accounts.startSession(of: grace.id, userAgent: "", address: "")
            default: break
            }
            let became = try await accounts.connect(identity, with: ada.id, from: session)
            #expect(became == (change == "nothing" ? .connected : nil))
            #expect(try await accounts.identities(of: ada.id).count == (change == "nothing" ? 1 : 0))
        }
    }

    /// A new password that is being set counts as set: the connection waits for it.
    @Test func aConnectionWaitsForAPasswordThatIsBeingSet() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let ada = try await accounts.makeUser()
            let identity = ProviderIdentity(issuer: "https://login.example.org", subject: "eve")
            let session = try await accounts.startSession(of: ada.id, userAgent: "", address: "")
            let started = try await pool.withTransaction { connection in
                try await AccountStore.lock(ada.id, on: connection)
                let task = Task { try await accounts.connect(identity, with: ada.id, from: session) }
                try await Task.sleep(for: .milliseconds(200))
                try await connection.execute("DELETE FROM sessions WHERE user_id = \(ada.id)")
                return task
            }
            #expect(try await started.value == nil)
        }
    }

    @Test(arguments: ["false", "\"false\"", "true", "\"true\""])
    func anAddressThatTheProviderHasNotSeenConfirmedMakesNoAccount(_ word: String) async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put(
                "eve", claims: #"{"email":"ada@example.org","email_verified":\#(word),"name":"Eve"}"#)
            let eve = Browser(scene.site)
            let answer = try await scene.travel(eve, as: "eve")
            if word.contains("true") {
                #expect(answer.headers[.location] == "/home")
            } else {
                #expect(
                    answer.status == .unprocessableContent && answer.text.contains("ada@example.org is not confirmed"))
                #expect(eve.cookies["mien_session"] == nil)
                #expect(try await scene.site.accounts.users() == [])
                #expect(try await scene.events() == ["log_in_failed openid email_unverified"])
            }
        }
    }

    /// Nobody's browser is made to connect its account with a stranger's identity.
    @Test func connectingTakesAFormOfThisSiteAndTheSessionThatBeganIt() async throws {
        try await OpenIDScene.run { scene in
            let ada = try await scene.site.accounts.makeUser()
            _ = try await scene.site.accounts.makeUser("grace@example.org")
            try scene.provider.put("eve", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            try await browser.submit("/login", from: "/login", Self.password)
            #expect(try await browser.post(OpenIDPage.connectPath, ["csrf_token": "x"]).status == .forbidden)
            #expect(try await browser.get(OpenIDPage.connectPath).status != .ok)
            let page = try await browser.submit(OpenIDPage.connectPath, from: OpenIDScene.security)
            let link = try #require(page.text.firstMatch(of: /href="(http[^"]+)" rel="noreferrer"/)).1
            let back = try scene.provider.authorize(String(link).replacing("&amp;", with: "&"), as: "eve")
            // Somebody else has logged in with this browser meanwhile.
            let trip = browser.cookies["mien_trip"]
            let grace = Browser(scene.site)
            try await grace.submit(
                "/login", from: "/login", ["email": "grace@example.org", "password": "kumquat marmalade"])
            grace.cookies["mien_trip"] = trip
            let answer = try await scene.arrive(grace, back)
            #expect(answer.status == .badRequest && answer.text.contains("This log-in is over"))
            #expect(try await scene.site.accounts.identities(of: ada.id) == [])
            #expect(try await scene.site.pool.query("SELECT 1 FROM identities").isEmpty)
        }
    }

    @Test func theLastWayIntoAnAccountStays() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            try await scene.travel(browser, as: "ada")
            let refused = try await browser.submit(OpenIDPage.disconnectPath, from: OpenIDScene.security)
            #expect(refused.status == .conflict && refused.text.contains("Set a password first"))
            // Set in the account itself, as long as the provider has asked just now.
            let set = try await browser.submit(
                "/account/password", from: OpenIDScene.security, ["password": "four unrelated words"])
            #expect(set.headers[.location] == "\(OpenIDScene.security)?done=password-tokens")
            #expect(
                try await browser.submit(OpenIDPage.disconnectPath, from: OpenIDScene.security).headers[.location]
                    == "\(OpenIDScene.security)?done=disconnected")
            let other = Browser(scene.site)
            try await other.submit(
                "/login", from: "/login", ["email": "ada@example.org", "password": "four unrelated words"])
            #expect(try await other.get("/home").status == .ok)
        }
    }

    @Test func aLinkSetsThePasswordOfAnAccountThatHasNone() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            try await scene.travel(Browser(scene.site), as: "ada")
            let ada = try #require(try await scene.user())
            let token = try await scene.site.accounts.makeResetToken(for: ada.id)
            let browser = Browser(scene.site)
            let answer = try await browser.submit(
                "/reset", from: "/reset?token=\(token)", ["token": token, "password": "kumquat marmalade"])
            #expect(answer.status == .ok && answer.text.contains("Your password is changed"))
            #expect(
                try await browser.submit("/login", from: "/login", Self.password).headers[.location] == "/home")
        }
    }

    @Test func whoIsRefusedLearnsWhy() async throws {
        try await OpenIDScene.run(["MIEN_OIDC_REGISTER": "no", "MIEN_REGISTRATION": "closed"]) { scene in
            let browser = Browser(scene.site)
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            try scene.provider.put("nobody", claims: #"{"name":"Nobody"}"#)
            try scene.provider.put("odd", claims: #"{"name":"Odd","email":"odd@"}"#)
            let unknown = try await scene.travel(browser, as: "ada")
            #expect(unknown.status == .forbidden && unknown.text.contains("You have no account here"))
            for subject in ["nobody", "odd"] {
                let answer = try await scene.travel(browser, as: subject)
                #expect(answer.status == .unprocessableContent && answer.text.contains("gives no e-mail address"))
            }
            let denied = try await scene.travel(browser, as: nil)
            #expect(denied.status == .forbidden && denied.text.contains("Keyring did not let you in"))
            #expect(denied.text.contains(#"href="/login""#))
            #expect(browser.cookies["mien_session"] == nil)
            #expect(try await scene.site.accounts.users() == [])
            #expect(
                try await scene.events() == [
                    "log_in_failed openid registration_closed", "log_in_failed openid email_missing",
                    "log_in_failed openid email_missing",
                ])
            #expect(try await browser.get("/register").status == .forbidden)
            #expect(try await !browser.get("/login").text.contains("Create an account"))
        }
    }

    @Test func aDisabledAccountStaysClosed() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            try await scene.travel(browser, as: "ada")
            let ada = try #require(try await scene.user())
            try await scene.site.accounts.setDisabled(true, of: ada.id)
            let answer = try await scene.travel(Browser(scene.site), as: "ada")
            #expect(answer.status == .forbidden && answer.text.contains("This account is disabled"))
            #expect(try await scene.events().last == "log_in_failed openid disabled")
        }
    }

    // MARK: The way there and back

    @Test func anAnswerCountsOnceInTheBrowserThatBeganItAndForTenMinutes() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            let back = try scene.provider.authorize(try await scene.depart(browser), as: "ada")
            for stranger in [Browser(scene.site), Browser(scene.site)] {
                stranger.cookies["mien_trip"] = stranger === browser ? nil : RandomToken.make().text
                let answer = try await scene.arrive(stranger, back)
                #expect(answer.status == .badRequest && answer.text.contains("This log-in is over"))
                #expect(stranger.cookies["mien_session"] == nil)
            }
            #expect(try await scene.arrive(Browser(scene.site), back).status == .badRequest, "without a cookie")
            #expect(try await scene.arrive(browser, back).headers[.location] == "/home", "a stranger has not ended it")
            let replay = Browser(scene.site)
            replay.cookies["mien_trip"] = browser.cookies["mien_trip"]
            #expect(try await scene.arrive(replay, back).status == .badRequest)
            let late = Browser(scene.site)
            let there = try scene.provider.authorize(try await scene.depart(late), as: "ada")
            try await scene.site.pool.execute("UPDATE provider_trips SET begun_at = now() - interval '601 seconds'")
            #expect(try await scene.arrive(late, there).status == .badRequest)
            #expect(try await scene.site.accounts.sweepTrips() == 1)
            for query in [
                "", "?code=a", "?state=a", "?error=access_denied", "?code=a&state=\(RandomToken.make().text)",
            ] {
                #expect(try await late.get(OpenIDSettings.callbackPath + query).status == .badRequest)
            }
        }
    }

    @Test func twoTabsOfABrowserDoNotDisturbEachOther() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            let first = try await scene.depart(browser, from: "/login/openid?next=%2Ftrends")
            let second = try await scene.depart(browser)
            #expect(
                try await scene.arrive(browser, scene.provider.authorize(first, as: "ada")).headers[.location]
                    == "/trends")
            #expect(
                try await scene.arrive(browser, scene.provider.authorize(second, as: "ada")).headers[.location]
                    == "/home")
        }
    }

    @Test func nothingOfATripIsReadableInTheDatabaseNorLeadsElsewhere() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            let address = try await scene.depart(browser, from: "/login/openid?next=%2F%2Fevil.example.org")
            let fields = URLComponents(string: address)?.queryItems ?? []
            let row = try await scene.site.pool.first("SELECT t::text FROM provider_trips t")
            let text = try #require(try row?.decode(String.self))
            let state = try #require(fields.first { $0.name == "state" }?.value)
            for secret in [state, try #require(browser.cookies["mien_trip"])] { #expect(!text.contains(secret)) }
            #expect(fields.first { $0.name == "redirect_uri" }?.value == OpenIDScene.callback)
            #expect(
                try await scene.arrive(browser, scene.provider.authorize(address, as: "ada")).headers[.location]
                    == "/home")
            for next in ["https://evil.example.org", "/\\evil.example.org", "javascript:alert(1)"] {
                let answer = try await browser.get("/login/openid?next=\(next.addingPercentEncoding())")
                #expect(answer.headers[.location] == "/home")
            }
        }
    }

    @Test func theCookieIsBoundToThisSite() async throws {
        try await OpenIDScene.run(["MIEN_SECURE_COOKIES": "always"]) { scene in
            let cookie = try await Browser(scene.site).get(OpenIDPage.path).headers[values: .setCookie].first {
                $0.hasPrefix("__Host-mien_trip=")
            }
            for part in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
                #expect(cookie?.contains(part) == true, "\(part)")
            }
        }
    }

    @Test func whoIsSentThereWithoutEndIsHeldBack() async throws {
        try await OpenIDScene.run { scene in
            let browser = Browser(scene.site)
            var statuses: [HTTPResponse.Status] = []
            // The allowance fills while they come: ten a second.
            for _ in 0..<1_500 where statuses.last != .tooManyRequests {
                statuses.append(try await browser.get(OpenIDPage.path).status)
            }
            #expect(statuses.count > 600 && statuses.last == .tooManyRequests)
        }
    }
}
