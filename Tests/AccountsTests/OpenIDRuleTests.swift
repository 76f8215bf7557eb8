import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Settings
import TestSupport
import Testing

@testable import Accounts
@testable import GatewayCore
@testable import Operations

/// What the operator sets about the provider, and what happens when it fails.
@Suite struct OpenIDRuleTests {
    private static let rule = ["MIEN_OIDC_ADMIN_CLAIM": "groups", "MIEN_OIDC_ADMIN_VALUE": "mien-admins"]

    private func claims(_ email: String, admin: Bool) -> String {
        #"{"email":"\#(email)","name":"Somebody","groups":["staff"\#(admin ? #","mien-admins""# : "")]}"#
    }

    @Test func theProviderSaysWhoIsAnAdministratorAtEachLogIn() async throws {
        try await OpenIDScene.run(Self.rule) { scene in
            func visit(_ subject: String, admin: Bool) async throws -> Bool? {
                try scene.provider.put(subject, claims: claims("\(subject)@example.org", admin: admin))
                try await scene.travel(Browser(scene.site), as: subject)
                return try await scene.user("\(subject)@example.org")?.isAdmin
            }
            #expect(try await visit("ada", admin: false) == false)
            #expect(try await visit("ada", admin: true) == true)
            #expect(try await visit("ada", admin: false) == true, "the last administrator stays one")
            #expect(try await visit("grace", admin: true) == true)
            #expect(try await visit("ada", admin: false) == false)
            // One who is disabled is no other administrator.
            let ada = try #require(try await scene.user())
            try await scene.site.accounts.setAdmin(true, of: ada.id)
            try await scene.site.accounts.setDisabled(true, of: ada.id)
            #expect(try await visit("grace", admin: false) == true)
            let events = try await scene.events().filter { $0.hasPrefix("administrator") }
            #expect(
                events == ["administrator_made openid", "administrator_made openid", "administrator_unmade openid"])
        }
    }

    /// Whose password opens nothing any more is no administrator who could help.
    @Test func withPasswordsOffAnAdministratorWithoutTheProviderDoesNotCount() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let (ada, grace) = (try await accounts.makeUser(), try await accounts.makeUser("grace@example.org"))
            for user in [ada, grace] { try await accounts.setAdmin(true, of: user.id) }
            let issuer = "https://id.example.org"
            func unmake(_ takesPasswords: Bool) async throws -> AccountStore.AdministratorChange {
                try await accounts.setAdmin(
                    false, byProviderOf: grace.id, issuer: issuer, takesPasswords: takesPasswords)
            }
            #expect(try await unmake(false) == .lastOne)
            _ = try await accounts.connect(
                ProviderIdentity(issuer: "https://other.example.org", subject: "a"), with: ada.id)
            #expect(try await unmake(false) == .lastOne)
            _ = try await accounts.connect(ProviderIdentity(issuer: issuer, subject: "a"), with: ada.id)
            #expect(try await unmake(false) == .unmade)
            try await accounts.setAdmin(true, of: grace.id)
            #expect(try await unmake(true) == .unmade)
        }
    }

    @Test func ofTwoWhoLoseItAtOnceOneStaysAdministrator() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            for _ in 0..<5 {
                let users = try await [accounts.makeUser("a@example.org"), accounts.makeUser("b@example.org")]
                for user in users { try await accounts.setAdmin(true, of: user.id) }
                let changes = try await withThrowingTaskGroup(of: AccountStore.AdministratorChange.self) { group in
                    for user in users {
                        group.addTask {
                            try await accounts.setAdmin(
                                false, byProviderOf: user.id, issuer: "https://id.example.org", takesPasswords: true)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(changes.count { $0 == .unmade } == 1 && changes.count { $0 == .lastOne } == 1)
                for user in users { try await accounts.delete(user.id) }
            }
        }
    }

    /// By hand, on each other.
    @Test(arguments: [AccountStore.AdministratorAct.demote, .disable, .close])
    func ofTwoWhoActOnEachOtherAtOnceOneStaysAdministrator(_ other: AccountStore.AdministratorAct) async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            for _ in 0..<5 {
                let (ada, grace) = try await (accounts.makeUser("a@example.org"), accounts.makeUser("b@example.org"))
                for user in [ada, grace] { try await accounts.setAdmin(true, of: user.id) }
                async let first = accounts.perform(.demote, on: grace.id, by: ada.id)
                async let second = accounts.perform(other, on: ada.id, by: grace.id)
                let done = try await [first, second]
                #expect(done.count { $0 } == 1)
                let left = try await pool.query("SELECT email FROM users WHERE is_admin AND disabled_at IS NULL")
                #expect(left.count == 1)
                for user in [ada, grace] { try await accounts.delete(user.id) }
            }
        }
    }

    @Test(arguments: AccountStore.AdministratorAct.allCases)
    func whoIsNoAdministratorActsOnNobody(_ act: AccountStore.AdministratorAct) async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let (ada, grace) = try await (accounts.makeUser("a@example.org"), accounts.makeUser("b@example.org"))
            func state() async throws -> [String] {
                try await pool.query(
                    "SELECT concat_ws(' ', email, is_admin, disabled_at, leaving_at) FROM users ORDER BY email"
                ).map { try $0.decode(String.self) }
            }
            let before = try await state()
            #expect(try await !accounts.perform(act, on: ada.id, by: grace.id))
            #expect(try await state() == before)
            try await accounts.setAdmin(true, of: grace.id)
            let known = try await state()
            #expect(try await !accounts.perform(act, on: grace.id, by: grace.id), "nor on themselves")
            #expect(try await state() == known)
            if act == .enable { try await accounts.setDisabled(true, of: ada.id) }
            if act == .demote { try await accounts.setAdmin(true, of: ada.id) }
            let ready = try await state()
            #expect(try await accounts.perform(act, on: ada.id, by: grace.id))
            #expect(try await state() != ready)
        }
    }

    @Test func withoutARuleTheProviderSaysNothingAboutAdministrators() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: claims("ada@example.org", admin: true))
            try await scene.travel(Browser(scene.site), as: "ada")
            let ada = try #require(try await scene.user())
            #expect(!ada.isAdmin)
            try await scene.site.accounts.setAdmin(true, of: ada.id)
            try await scene.travel(Browser(scene.site), as: "ada")
            #expect(try await scene.user()?.isAdmin == true)
        }
    }

    /// A provider that was there before opens nothing, and so confirms nothing: the password is asked for.
    @Test func theIdentityOfAFormerProviderConfirmsNothing() async throws {
        try await OpenIDScene.run(["MIEN_PASSWORD_LOG_IN": "off", "MIEN_REQUIRE_TWO_FACTOR": "all"]) { scene in
            let ada = try await scene.site.accounts.makeUser()
            _ = try await scene.site.accounts.connect(
                ProviderIdentity(issuer: "https://former.example.org", subject: "ada"), with: ada.id)
            let browser = Browser(scene.site)
            browser.cookies["mien_session"] = try await scene.site.accounts.startSession(
                of: ada.id, userAgent: "", address: "")
            try await scene.site.pool.execute("UPDATE sessions SET confirmed_at = now() - interval '601 seconds'")
            let page = try await browser.get("/account/delete")
            #expect(page.text.contains(#"name="current""#) && !page.text.contains("Confirm with"))
            // Who has to set up a second factor first gets to the provider all the same.
            #expect(try await browser.get("/login/openid/confirm").headers[.location]?.hasPrefix("http") == true)
        }
    }

    @Test func withPasswordsOffThereIsOnlyTheProvider() async throws {
        try await OpenIDScene.run(["MIEN_PASSWORD_LOG_IN": "off"]) { scene in
            let ada = try await scene.site.accounts.makeUser()
            try scene.provider.put("grace", claims: #"{"email":"grace@example.org","name":"Grace"}"#)
            let browser = Browser(scene.site)
            for path in ["/login", "/register"] {
                let page = try await browser.get(path)
                #expect(page.status == .ok && page.text.contains("Continue with Keyring"))
                #expect(!page.text.contains("<form") && !page.text.contains("or with a password"))
                #expect(!page.text.contains("Forgotten your password"))
                // By this the page for new photos knows the log-in, whatever it offers.
                #expect(page.text.contains(#"data-page="login""#) == (path == "/login"))
            }
            let token = try await scene.site.accounts.makeResetToken(for: ada.id)
            #expect(try await browser.get("/reset?token=\(token)").status == .forbidden)
            #expect(try await browser.get("/forgot").status == .notFound)
            let fields = ["email": "ada@example.org", "password": "kumquat marmalade", "name": "A", "token": token]
            for (path, words) in [
                ("/login", "Passwords are switched off"), ("/register", "Registration is closed"),
                ("/reset", "Passwords are switched off"),
            ] {
                let answer = try await browser.submit(path, from: "/api", fields)
                #expect(answer.status == .forbidden && answer.text.contains(words), "\(path)")
            }
            #expect(browser.cookies["mien_session"] == nil)
            #expect(try await scene.travel(browser, as: "grace").headers[.location] == "/home")
            let page = try await browser.get(OpenIDScene.security).text
            #expect(page.contains("nobody logs in with a password") && !page.contains("name=\"password\""))
            // Where photos are sent, a log-in that ends is begun anew the same way.
            let new = try await browser.get("/analyses/new").text
            #expect(new.contains("Continue with Keyring") && !new.contains(#"id="login-form""#))
            #expect(new.contains("data-login-cancel") && !new.contains(#"type="password""#))
            #expect(
                try await browser.submit(
                    "/account/password", from: OpenIDScene.security, ["password": "four unrelated words"]
                )
                .status == .forbidden)
            // Who has an account with a password only is connected by whoever runs the site.
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let refused = try await scene.travel(Browser(scene.site), as: "ada")
            #expect(refused.status == .conflict && refused.text.contains("Ask whoever runs this site to connect it"))
            let identity = ProviderIdentity(issuer: scene.provider.issuer, subject: "ada")
            #expect(try await scene.site.accounts.connect(identity, with: ada.id) == .connected)
            let other = Browser(scene.site)
            #expect(try await scene.travel(other, as: "ada").headers[.location] == "/home")
            #expect(try await other.submit(OpenIDPage.disconnectPath, from: OpenIDScene.security).status == .conflict)
        }
    }

    @Test func administratorsMakeNoPasswordsWhereNobodyLogsInByOne() async throws {
        try await OpenIDScene.run(Self.rule.merging(["MIEN_PASSWORD_LOG_IN": "off"]) { $1 }) { scene in
            try scene.provider.put("ada", claims: claims("ada@example.org", admin: true))
            let browser = Browser(scene.site)
            try await scene.travel(browser, as: "ada")
            let page = try await browser.get("/operations/users").text
            #expect(page.contains("Whoever Keyring knows gets an account"))
            #expect(!page.contains("Add somebody") && !page.contains("Link for a new password"))
            let invited = try await browser.submit(
                "/operations/users", from: "/account", ["name": "Grace", "email": "grace@example.org"])
            #expect(invited.status == .forbidden)
            #expect(try await scene.user("grace@example.org") == nil)
        }
    }

    // MARK: Second factor, and asking again

    @Test func theSecondFactorThatAPersonTurnedOnIsAskedAfterTheProviderToo() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            try await scene.travel(browser, as: "ada")
            let secret = try await enrol(browser, scene)
            let other = Browser(scene.site)
            let answer = try await scene.travel(other, as: "ada", from: "/login/openid?next=%2Ftrends")
            #expect(answer.headers[.location] == "/login/code?next=%2Ftrends" && other.cookies["mien_session"] == nil)
            let code = TOTP.code(secret: secret, step: TOTP.step(at: Date()))
            try await scene.site.pool.execute("UPDATE second_factors SET last_step = 0")
            let done = try await other.submit("/login/code", from: "/login/code", ["code": code, "next": "/trends"])
            #expect(done.headers[.location] == "/trends")
            #expect(try await scene.events().last == "logged_in openid")
            // Before a dangerous act the provider's word is half of it.
            try await scene.site.pool.execute("UPDATE sessions SET confirmed_at = now() - interval '601 seconds'")
            #expect(
                try await scene.travel(other, as: "ada", from: "\(OpenIDPage.confirmPath)?next=%2Faccount").headers[
                    .location]
                    == "/account")
            let token = ["label": "a", "read_analyses": "yes"]
            let half = try await other.submit("/account/tokens", from: "/home", token)
            #expect(half.status == .unprocessableContent && half.text.contains("Enter the code"))
            try await scene.site.pool.execute("UPDATE second_factors SET last_step = 0")
            let whole = try await other.submit("/account/tokens", from: "/home", token.merging(["code": code]) { $1 })
            #expect(whole.status == .ok && whole.text.contains("mien_"))
        }
    }

    private func enrol(_ browser: Browser, _ scene: OpenIDScene) async throws -> [UInt8] {
        try await browser.submit("/account/second-factor/begin", from: OpenIDScene.security)
        let ada = try #require(try await scene.user())
        let factors = SecondFactorStore(database: scene.site.pool, secret: SecondFactorTests.secret)
        let enrolment = try #require(try await factors.enrolment(of: ada.id))
        let code = TOTP.code(secret: enrolment.secret, step: TOTP.step(at: Date()))
        let done = try await browser.submit(
            "/account/second-factor/confirm", from: "/account/second-factor", ["code": code])
        #expect(done.status == .ok)
        return enrolment.secret
    }

    @Test func aSecondFactorIsForcedOnNobodyWhoComesByTheProvider() async throws {
        try await OpenIDScene.run(["MIEN_REQUIRE_TWO_FACTOR": "all"]) { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            try await scene.travel(browser, as: "ada")
            #expect(try await browser.get("/home").status == .ok)
            #expect(try await !browser.get(OpenIDScene.security).text.contains("asks you to set one up"))
            // The same person by a password is asked for one.
            let ada = try #require(try await scene.user())
            try await scene.site.accounts.setPassword("kumquat marmalade", of: ada)
            let other = Browser(scene.site)
            try await other.submit(
                "/login", from: "/login", ["email": "ada@example.org", "password": "kumquat marmalade"])
            #expect(try await other.get("/home").headers[.location] == OpenIDScene.security)
        }
    }

    /// Each asks the provider again after ten minutes; a password that does not exist opens none of it.
    @Test(arguments: ["begin", "token", "password", "profile", "leave", "disconnect"])
    func dangerousActsAreConfirmedWithTheProvider(_ act: String) async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            try scene.provider.put("eve", claims: #"{"email":"eve@example.org","name":"Eve"}"#)
            let browser = Browser(scene.site)
            try await scene.travel(browser, as: "ada")
            let (path, fields): (String, [String: String]) =
                switch act {
                case "token": ("/account/tokens", ["label": "a", "read_analyses": "yes"])
                case "password": ("/account/password", ["password": "four unrelated words"])
                case "profile": ("/account/profile", ["email": "lovelace@example.org"])
                case "leave": ("/account/delete", ["confirmation": "ada@example.org"])
                case "disconnect": (OpenIDPage.disconnectPath, [:])
                default: ("/account/second-factor/begin", [:])
                }
            try await scene.site.pool.execute("UPDATE sessions SET confirmed_at = now() - interval '601 seconds'")
            for wrong in ["", "kumquat marmalade"] {
                let refused = try await browser.submit(
                    path, from: "/home", fields.merging(["current": wrong]) { $1 })
                #expect(refused.status == .unprocessableContent)
                #expect(refused.text.contains("Confirm with Keyring first"), "\(act)")
                if act != "disconnect" { #expect(refused.text.contains("href=\"\(OpenIDPage.confirmPath)?next=")) }
            }
            // As somebody else, that is no confirmation.
            let other = try await scene.travel(browser, as: "eve", from: OpenIDPage.confirmPath)
            #expect(other.status == .forbidden && other.text.contains("That was somebody else"))
            #expect(try await browser.submit(path, from: "/home", fields).status == .unprocessableContent)
            let address = try await scene.depart(browser, from: "\(OpenIDPage.confirmPath)?next=%2Faccount%2Fsecurity")
            #expect(address.contains("&prompt=login&max_age=0"))
            let back = try await scene.arrive(browser, scene.provider.authorize(address, as: "ada"))
            #expect(back.headers[.location] == OpenIDScene.security)
            let done = try await browser.submit(path, from: "/home", fields)
            // Of the only way in nothing is taken away, but then it is that which is said.
            #expect(act == "disconnect" ? done.status == .conflict : [.ok, .seeOther].contains(done.status), "\(act)")
            #expect(try await scene.user("eve@example.org") == nil)
        }
    }

    @Test func aProviderThatHasNotAskedAgainConfirmsNothing() async throws {
        try await OpenIDScene.run(provider: ["--stale"]) { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            #expect(
                try await scene.travel(browser, as: "ada").headers[.location] == "/home", "a log-in wants nothing newer"
            )
            try await scene.site.pool.execute("UPDATE sessions SET confirmed_at = now() - interval '601 seconds'")
            let answer = try await scene.travel(browser, as: "ada", from: OpenIDPage.confirmPath)
            #expect(answer.status == .badGateway && answer.text.contains("cannot be trusted"))
            #expect(
                try await browser.submit("/account/second-factor/begin", from: "/home").status == .unprocessableContent)
        }
    }

    /// Whoever sits down at a browser whose owner has logged out here, and not at the provider.
    @Test(arguments: ["begin", "promote"])
    func aSilentLogInByTheProviderIsNoConfirmation(_ act: String) async throws {
        try await OpenIDScene.run(Self.rule, provider: ["--stale"]) { scene in
            try scene.provider.put("ada", claims: claims("ada@example.org", admin: true))
            let grace = try await scene.site.accounts.makeUser("grace@example.org")
            let browser = Browser(scene.site)
            try await scene.travel(browser, as: "ada")
            let path =
                act == "begin"
                ? "/account/second-factor/begin" : "/operations/users/\(grace.id.uuidString.lowercased())/promote"
            let refused = try await browser.submit(path, from: "/home")
            #expect(refused.status == .unprocessableContent && refused.text.contains("Confirm with Keyring"))
            #expect(try await scene.user("grace@example.org")?.isAdmin == false)
            #expect(try await scene.site.pool.query("SELECT 1 FROM second_factors").isEmpty)
        }
    }

    @Test func whoWasInvitedAndConnectedIsAskedForNoPasswordTheyNeverHad() async throws {
        try await OpenIDScene.run { scene in
            let accounts = scene.site.accounts
            let ada = try await accounts.invite(name: " Ada ", email: "ada@example.org ")
            #expect(ada.name == "Ada" && ada.email == "ada@example.org" && !ada.hasPassword)
            let refused = await #expect(throws: AccountErrors.self) {
                _ = try await accounts.invite(name: "Ada", email: "ADA@example.org")
            }
            #expect(refused?.errors == [.emailTaken])
            #expect(try await accounts.authenticate(email: "ada@example.org", password: "") == nil)
            let identity = ProviderIdentity(issuer: scene.provider.issuer, subject: "ada")
            #expect(try await accounts.connect(identity, with: ada.id) == .connected)
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            try await scene.travel(browser, as: "ada")
            try await scene.site.pool.execute("UPDATE sessions SET confirmed_at = now() - interval '601 seconds'")
            let asked = try await browser.submit("/account/delete", from: "/home", ["confirmation": "ada@example.org"])
            #expect(asked.status == .unprocessableContent && asked.text.contains("Confirm with Keyring"))
            let link = try await accounts.makeResetToken(for: ada.id)
            #expect(try await accounts.resetPassword("kumquat marmalade", token: link) != nil)
            #expect(
                try await accounts.authenticate(email: "ada@example.org", password: "kumquat marmalade") != nil)
        }
    }

    @Test(arguments: [true, false])
    func withASecondFactorTheProviderHasToHaveAskedToo(_ isFresh: Bool) async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let identity = ProviderIdentity(issuer: "https://login.example.org", subject: "ada")
            let profile = try #require(ProviderProfile(name: "Ada", email: "ada@example.org"))
            let ada = try await accounts.register(profile, by: identity)
            let shown = ShownIdentity(user: ada, identity: identity, isFresh: isFresh)
            try await pool.execute(
                """
                INSERT INTO second_factors (user_id, secret, confirmed_at)
                VALUES (\(ada.id), decode(repeat('00', 48), 'hex'), now())
                """)
            #expect(
                try await accounts.beginLogIn(after: shown) == nil, "it asked for no code when they were recognised")
            let found = try #require(try await accounts.user(identity: identity)?.user)
            let pending = try #require(
                try await accounts.beginLogIn(
                    after: ShownIdentity(user: found, identity: identity, isFresh: isFresh)))
            let session = try #require(
                try await accounts.startSession(pendingToken: pending, userAgent: "", address: ""))
            #expect(try await accounts.confirmation(of: session).isFresh == isFresh)
        }
    }

    /// Between the moment in which a person is recognised and that in which their session starts.
    @Test(arguments: ["factor", "disable", "disconnect", "link", "others", "nothing"])
    func whatHappensMeanwhileOvertakesALogInByTheProvider(_ change: String) async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let identity = ProviderIdentity(issuer: "https://login.example.org", subject: "ada")
            let profile = try #require(ProviderProfile(name: "Ada", email: "ada@example.org"))
            let ada = try await accounts.register(profile, by: identity)
            let shown = ShownIdentity(user: ada, identity: identity, isFresh: true)
            switch change {
            case "factor":
                try await pool.execute(
                    """
                    INSERT INTO second_factors (user_id, secret, confirmed_at)
                    VALUES (\(ada.id), decode(repeat('00', 48), 'hex'), now())
                    """)
            case "disable": try await accounts.setDisabled(true, of: ada.id)
            case "disconnect": #expect(try await accounts.disconnect(ada.id, always: true))
            case "link":
                let link = try await accounts.makeResetToken(for: ada.id)
                #expect(try await accounts.resetPassword("kumquat marmalade", token: link) != nil)
            case "others":
                let grace = try await accounts.makeUser("grace@example.org")
                #expect(try await accounts.disconnect(ada.id, always: true))
                #expect(try await accounts.connect(identity, with: grace.id) == .connected)
            default: break
            }
            let session = try await accounts.startSession(after: shown, userAgent: "", address: "")
            #expect((session == nil) == (change != "nothing"), "\(change)")
            #expect(try await (accounts.beginLogIn(after: shown) == nil) == (change != "nothing"), "\(change)")
        }
    }

    /// A change under way counts as done: the log-in waits for it.
    @Test func aLogInByTheProviderWaitsForAFactorThatIsBeingConfirmed() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let identity = ProviderIdentity(issuer: "https://login.example.org", subject: "ada")
            let profile = try #require(ProviderProfile(name: "Ada", email: "ada@example.org"))
            let ada = try await accounts.register(profile, by: identity)
            let shown = ShownIdentity(user: ada, identity: identity, isFresh: true)
            let started = try await pool.withTransaction { connection in
                try await AccountStore.lock(ada.id, on: connection)
                let logIn = Task { try await accounts.startSession(after: shown, userAgent: "", address: "") }
                try await Task.sleep(for: .milliseconds(200))
                try await connection.execute(
                    """
                    INSERT INTO second_factors (user_id, secret, confirmed_at)
                    VALUES (\(ada.id), decode(repeat('00', 48), 'hex'), now())
                    """)
                return logIn
            }
            #expect(try await started.value == nil)
        }
    }

    // MARK: Faults

    @Test func aProviderThatIsAwayIsNobodysFault() async throws {
        try await OpenIDScene.run { scene in
            let ada = try await scene.site.accounts.makeUser("grace@example.org")
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            let back = try scene.provider.authorize(try await scene.depart(browser), as: "ada")
            // Half-way: the person comes back with a code, and nobody is there to exchange it.
            await scene.provider.kill()
            let answer = try await scene.arrive(browser, back)
            #expect(answer.status == .serviceUnavailable && answer.text.contains("Keyring does not answer"))
            #expect(answer.headers[.retryAfter] == "10" && answer.text.contains("Back to the log-in"))
            #expect(browser.cookies["mien_session"] == nil)
            #expect(!answer.text.contains("127.0.0.1"), "nothing of the inside is shown")
            let other = Browser(scene.site)
            #expect(
                try await other.submit(
                    "/login", from: "/login", ["email": ada.email, "password": "kumquat marmalade"]
                ).headers[.location] == "/home", "others log in as before")
            // Back again, with another key and no memory of codes: the old answer is over, a new one is taken.
            try await scene.provider.restart()
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            #expect(try await scene.arrive(browser, back).status == .badRequest)
            #expect(try await scene.travel(browser, as: "ada").headers[.location] == "/home")
        }
    }

    @Test func aProviderThatWasNeverThereIsSaidAtOnce() async throws {
        try await OpenIDScene.run { scene in
            await scene.provider.kill()
            let browser = Browser(scene.site)
            let answer = try await browser.get(OpenIDPage.path)
            #expect(answer.status == .serviceUnavailable && answer.text.contains("Keyring does not answer"))
            #expect(try await browser.get("/login").status == .ok, "the page itself asks nobody")
        }
    }

    @Test func aNewKeyOfTheProvidersIsTaken() async throws {
        try await OpenIDScene.run { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            #expect(try await scene.travel(Browser(scene.site), as: "ada").headers[.location] == "/home")
            try scene.provider.rotate()
            #expect(try await scene.travel(Browser(scene.site), as: "ada").headers[.location] == "/home")
        }
    }

    @Test(
        arguments: [
            (["--bare"], "/home"), (["--post"], "/home"), (["--mixed"], nil),
            (["--iss", "https://evil.example.org"], nil),
            (["--secret", "another"], nil),
        ] as [([String], String?)])
    func providersOfOtherKindsAreTakenAsTheStandardSays(_ options: [String], _ place: String?) async throws {
        try await OpenIDScene.run(provider: options) { scene in
            try scene.provider.put("ada", claims: OpenIDScene.ada)
            let browser = Browser(scene.site)
            let answer = try await scene.travel(browser, as: "ada")
            #expect(answer.headers[.location] == place)
            if place == nil {
                #expect(answer.status == .badGateway)
                #expect(try await scene.site.accounts.users() == [])
                #expect(browser.cookies["mien_session"] == nil)
            } else {
                #expect(try await scene.user()?.name == "Ada Lovelace")
            }
        }
    }

    // MARK: Settings

    private static let right = [
        "MIEN_OIDC_ISSUER": "https://login.example.org", "MIEN_OIDC_CLIENT_ID": "mien", "MIEN_OIDC_CLIENT_SECRET": "s",
        "MIEN_PUBLIC_URL": "https://mien.example.org/",
    ]

    private func problems(_ settings: [String: String]) -> [String] {
        let reader = SettingsReader(
            environment: [
                "MIEN_DATABASE_URL": "postgres://unused", "MIEN_KAFKA_BROKERS": "unused",
                "MIEN_SECRET": String(repeating: "s", count: 32), "MIEN_MIGRATIONS_DIR": "/",
            ].merging(settings) { $1 })
        _ = GatewayConfiguration(reader)
        do {
            try reader.check()
            return []
        } catch {
            return error.problems
        }
    }

    @Test func aProviderIsSetAsAWholeOrNotAtAll() {
        #expect(problems([:]) == [])
        #expect(problems(Self.right) == [])
        #expect(problems(Self.right.merging(["MIEN_PASSWORD_LOG_IN": "off"]) { $1 }) == [])
        for name in ["MIEN_OIDC_CLIENT_ID", "MIEN_OIDC_CLIENT_SECRET", "MIEN_PUBLIC_URL", "MIEN_OIDC_ISSUER"] {
            let found = problems(Self.right.filter { $0.key != name })
            #expect(found.count == 1 && found[0].hasPrefix(name), "\(found)")
        }
        for (name, value) in [
            ("MIEN_OIDC_ISSUER", "login.example.org"), ("MIEN_OIDC_ISSUER", "http://login.example.org"),
            ("MIEN_OIDC_SCOPES", "profile email"), ("MIEN_OIDC_REGISTER", "maybe"), ("MIEN_OIDC_ADMIN_CLAIM", "groups"),
            ("MIEN_OIDC_ALLOW_HTTP", "true"), ("MIEN_OIDC_CA_FILE", "/nowhere.pem"), ("MIEN_PASSWORD_LOG_IN", "no"),
            ("MIEN_OIDC_NAME", String(repeating: "n", count: 41)),
        ] {
            let found = problems(Self.right.merging([name: value]) { $1 })
            let named = name == "MIEN_OIDC_ADMIN_CLAIM" ? "MIEN_OIDC_ADMIN_VALUE" : name
            #expect(found.count == 1 && found[0].hasPrefix("\(named) is \""), "\(found)")
        }
        let off = problems(["MIEN_PASSWORD_LOG_IN": "off"])
        #expect(off.count == 1 && off[0].contains("MIEN_OIDC_ISSUER is set"))
        #expect(
            problems(Self.right.merging(["MIEN_OIDC_CLIENT_SECRET": "hunter2", "MIEN_OIDC_SCOPES": "x"]) { $1 })
                .allSatisfy { !$0.contains("hunter2") })
    }
}
