import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import Mail
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@testable import Accounts
@testable import GatewayCore

/// Addresses that a link confirms, where the site sends mail.
@Suite struct ConfirmationTests {
    private static let note = "Confirm your address: we sent a link to <strong>ada@example.org</strong>"

    /// A site that sends its mail to a server of the test's own.
    private func run(_ body: @escaping @Sendable (Site, MailServer) async throws -> Void) async throws {
        let server = try MailServer()
        let settings = [
            "MIEN_SMTP_URL": "smtp://127.0.0.1:\(server.port)", "MIEN_SMTP_FROM": "mien@example.org",
            "MIEN_SMTP_TLS": "never", "MIEN_PUBLIC_URL": "http://127.0.0.1:8080",
        ]
        try await Site.run(settings, sendsMail: true) { try await body($0, server) }
    }

    private func register(_ site: Site) async throws -> Browser {
        let browser = Browser(site)
        #expect(try await browser.submit("/register", from: "/register", SiteTests.ada).status == .seeOther)
        return browser
    }

    private func token(_ letter: MailServer.Letter) throws -> String {
        let found = letter.text.firstMatch(of: /http:\/\/127\.0\.0\.1:8080\/confirm\?token=([A-Za-z0-9_-]+)\n/)
        return String(try #require(found).1)
    }

    private func confirm(_ token: String, _ browser: Browser) async throws -> TestResponse {
        let page = browser.cookies["mien_session"] == nil ? "/login" : "/account"
        return try await browser.submit("/confirm", from: page, ["token": token])
    }

    private func ada(_ site: Site) async throws -> User {
        try #require(try await site.accounts.user(email: "ada@example.org"))
    }

    private func makeOld(_ site: Site) async throws {
        try await site.pool.execute("UPDATE account_links SET created_at = now() - interval '301 seconds'")
    }

    private func change(_ browser: Browser, to email: String) async throws -> TestResponse {
        try await browser.submit(
            "/account/profile", from: "/account", ["email": email, "current": "kumquat marmalade"])
    }

    @Test func aNewAccountsAddressIsConfirmedByALinkOnce() async throws {
        try await run { site, server in
            let browser = try await register(site)
            let letter = try await server.letters(1)[0]
            #expect(letter.to == "<ada@example.org>" && letter.subject == "Confirm your address for Mien")
            #expect(!letter.text.contains("Ada"), "the address may be a stranger's")
            for page in ["/account", "/account/security", "/account/programs", "/account/data"] {
                #expect(try await browser.get(page).text.contains(Self.note), "\(page)")
            }
            #expect(try await browser.get("/analyses/new").status == .ok, "nothing is locked")
            #expect(try await browser.get("/api/v1/me").text.contains(#""email_confirmed":false"#))
            let token = try token(letter)
            // Whoever looks through mail opens links, and HEAD too.
            for _ in 0..<2 {
                let page = try await Browser(site).get("/confirm?token=\(token)")
                #expect(page.status == .ok && page.text.contains(#"value="ada@example.org""#))
            }
            #expect(try await !ada(site).isEmailConfirmed)
            #expect(try await Browser(site).post("/confirm", ["token": token]).status == .forbidden, "no form of ours")
            let done = try await confirm(token, Browser(site))
            #expect(done.status == .ok && done.text.contains("Your address ada@example.org is confirmed."))
            #expect(try await !browser.get("/account").text.contains("Confirm your address"))
            #expect(try await browser.get("/api/v1/me").text.contains(#""email_confirmed":true"#))
            for answer in [
                try await confirm(token, browser), try await browser.get("/confirm?token=\(token)"),
            ] {
                #expect(
                    answer.status == .gone && answer.text.contains("If you have used it, your address is confirmed"))
            }
            #expect(try await browser.submit("/account/email/send", from: "/account").headers[.location] == "/account")
            let events = try await site.pool.query("SELECT event FROM audit_log ORDER BY id")
                .map { try $0.decode(String.self) }
            #expect(events == ["registered", "denied", "email_confirmed"])
            #expect(server.letters.count == 1)
        }
    }

    @Test func anExpiredLinkConfirmsNothing() async throws {
        try await run { site, server in
            let browser = try await register(site)
            let token = try token(try await server.letters(1)[0])
            try await site.pool.execute("UPDATE account_links SET expires_at = now()")
            #expect(try await browser.get("/confirm?token=\(token)").status == .gone)
            #expect(try await confirm(token, browser).status == .gone)
            #expect(try await !ada(site).isEmailConfirmed)
            for wrong in ["", "x", String(repeating: "a", count: 43)] {
                #expect(try await confirm(wrong, browser).status == .gone)
            }
        }
    }

    @Test func aLinkIsSentAgainNotTooOften() async throws {
        try await run { site, server in
            let browser = try await register(site)
            let first = try token(try await server.letters(1)[0])
            func again() async throws -> TestResponse {
                try await browser.submit("/account/email/send", from: "/account")
            }
            #expect(try await again().headers[.location] == "/account?done=email-recent")
            try await makeOld(site)
            #expect(try await again().headers[.location] == "/account?done=email-sent")
            _ = try await server.letters(2)
            #expect(try await confirm(first, browser).status == .gone, "the newest alone works")
            // However old the links are made, somebody who asks and asks is slowed down.
            var status = HTTPResponse.Status.seeOther
            var count = 2
            while status == .seeOther, count < 50 {
                try await makeOld(site)
                status = try await again().status
                if status == .seeOther { count += 1 }
                _ = try await server.letters(count)
            }
            #expect(status == .tooManyRequests && count > 5)
            #expect(try await confirm(token(server.letters[count - 1]), browser).status == .ok)
        }
    }

    @Test func aNewAddressCountsOnceItIsConfirmed() async throws {
        try await run { site, server in
            let user = try await site.accounts.makeUser()
            let browser = try await AccountsTests.browser(site, user)
            #expect(try await !browser.get("/account").text.contains("Confirm your address"))
            let wrong = try await browser.submit(
                "/account/profile", from: "/account", ["email": "king@example.org", "current": "a guess"])
            #expect(wrong.status == .unprocessableContent)
            #expect(try await change(browser, to: "king@example.org").headers[.location] == "/account?done=email-asked")
            let letters = try await server.letters(2)
            #expect(letters.map(\.to) == ["<king@example.org>", "<ada@example.org>"])
            #expect(letters[1].subject == "Your address for Mien is to change")
            #expect(letters[1].text.contains("http://127.0.0.1:8080/account/security\n"))
            #expect(!letters[1].text.contains("token="), "it opens nothing")
            let page = try await browser.get("/account/security").text
            #expect(page.contains("we sent a link to <strong>king@example.org</strong>"))
            let kept = try await site.accounts.authenticate(email: "ada@example.org", password: "kumquat marmalade")
            #expect(kept?.user.id == user.id, "the former opens the account")
            #expect(try await site.accounts.user(email: "king@example.org") == nil)
            let reset = try await site.accounts.makeResetToken(for: user.id)
            let token = try token(letters[0])
            #expect(try await Browser(site).get("/confirm?token=\(token)").text.contains("ada@example.org"))
            let done = try await confirm(token, Browser(site))
            #expect(done.status == .ok && done.text.contains("log in with it"))
            let moved = try await site.accounts.authenticate(email: "king@example.org", password: "kumquat marmalade")
            #expect(moved?.user.id == user.id && moved?.user.pendingEmail == nil)
            #expect(try await site.accounts.user(email: "ada@example.org") == nil)
            #expect(try await Browser(site).get("/reset?token=\(reset)").status == .gone, "it was the former's")
            #expect(try await confirm(token, browser).status == .gone)
            let events = try await site.pool.query("SELECT event FROM audit_log ORDER BY id")
                .map { try $0.decode(String.self) }
            #expect(events == ["profile_changed", "email_change_asked", "email_changed"])
        }
    }

    @Test func aChangeIsCalledOffByItsOwnerOrByANewPassword() async throws {
        try await run { site, server in
            let user = try await site.accounts.makeUser()
            let browser = try await AccountsTests.browser(site, user)
            _ = try await change(browser, to: "king@example.org")
            let first = try token(try await server.letters(2)[0])
            let kept = try await browser.submit("/account/email/keep", from: "/account")
            #expect(kept.headers[.location] == "/account?done=email-kept")
            #expect(try await !browser.get("/account").text.contains("king@example.org"))
            #expect(try await confirm(first, browser).status == .gone)
            // Another address at once: the one before was wrong.
            _ = try await change(browser, to: "grace@example.org")
            _ = try await change(browser, to: "lovelace@example.org")
            let letters = try await server.letters(6)
            #expect(try await confirm(token(letters[2]), browser).status == .gone)
            let password = ["current": "kumquat marmalade", "password": "four unrelated words"]
            #expect(try await browser.submit("/account/password", from: "/account", password).status == .seeOther)
            #expect(try await confirm(token(letters[4]), browser).status == .gone)
            #expect(try await ada(site) == user)
        }
    }

    @Test func anAddressThatIsTakenMeanwhileChangesNothing() async throws {
        try await run { site, server in
            let user = try await site.accounts.makeUser()
            let browser = try await AccountsTests.browser(site, user)
            _ = try await site.accounts.makeUser("eve@example.org")
            #expect(try await change(browser, to: "EVE@example.org").status == .unprocessableContent, "taken before")
            _ = try await change(browser, to: "king@example.org")
            let token = try token(try await server.letters(2)[0])
            let other = try await site.accounts.makeUser("King@example.org")
            let answer = try await confirm(token, browser)
            #expect(answer.status == .conflict && answer.text.contains("This address has another account"))
            #expect(try await ada(site).pendingEmail == "king@example.org")
            #expect(try await site.accounts.user(email: "king@example.org") == other)
        }
    }

    /// Looked for, it is not there yet; written, it waits for the other, and then it is.
    @Test func anAddressThatSomebodyElseGetsInTheSameMomentIsTaken() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let user = try await accounts.makeUser()
            let change = ProfileChange(name: "Ada Lovelace", email: "KING@example.org", timeZone: "UTC")
            let waiting = try await pool.withTransaction { connection in
                let details = try AccountDetails.check(
                    name: "King", email: "king@example.org", password: "kumquat marmalade"
                ).get()
                _ = try await accounts.insert(details, hash: "", timeZone: nil, isAdmin: false, on: connection)
                let task = Task { try await accounts.change(user, to: change) }
                try await Task.sleep(for: .milliseconds(200))
                return task
            }
            let error = await #expect(throws: AccountErrors.self) { try await waiting.value }
            #expect(error?.errors == [.emailTaken])
            #expect(try await accounts.anyUser(user.id) == user, "nothing of it is changed")
        }
    }

    @Test func ofTwoWithTheSameLinkOneConfirms() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let user = try await accounts.register(
                name: "Ada", email: "ada@example.org", password: "kumquat marmalade", isConfirmed: false)
            let made = try await accounts.makeConfirmationToken(for: user.id, at: user.email, notWithin: 300)
            let token = try #require(made)
            #expect(try await accounts.makeConfirmationToken(for: user.id, at: "eve@x.org", notWithin: 0) == nil)
            try await accounts.setDisabled(true, of: user.id)
            #expect(try await accounts.confirmAddress(token: token) == .expired)
            try await accounts.setDisabled(false, of: user.id)
            let outcomes = try await withThrowingTaskGroup(of: AddressConfirming.self) { group in
                for _ in 0..<4 { group.addTask { try await accounts.confirmAddress(token: token) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .expired } == 3)
            #expect(try await accounts.user(email: user.email)?.isEmailConfirmed == true)
        }
    }

    @Test func aLinkForANewPasswordConfirmsTheAddressThatItWasSentTo() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            for isSent in [false, true] {
                let email = "ada\(isSent)@example.org"
                let user = try await accounts.register(
                    name: "Ada", email: email, password: "kumquat marmalade", isConfirmed: false)
                let confirmation = try await accounts.makeConfirmationToken(for: user.id, at: email, notWithin: 0)
                let made =
                    isSent
                    ? try await accounts.makeResetToken(for: user.id, at: email, notWithin: 300)
                    : try await accounts.makeResetToken(for: user.id)
                let token = try #require(made)
                #expect(try await accounts.confirmation(token: #require(confirmation)) != nil, "both work")
                #expect(try await accounts.confirmation(token: token) == nil, "each for its own")
                #expect(try await accounts.resetPassword("four unrelated words", token: token) != nil)
                #expect(try await accounts.user(email: email)?.isEmailConfirmed == isSent)
            }
        }
    }

    @Test func whereNoMailIsSentAddressesAreTakenAsTheyAre() async throws {
        try await Site.run { site in
            let browser = try await register(site)
            #expect(try await ada(site).isEmailConfirmed)
            #expect(try await !browser.get("/account").text.contains("Confirm your address"))
            #expect(try await browser.submit("/account/email/send", from: "/account").status == .notFound)
            #expect(try await change(browser, to: "king@example.org").headers[.location] == "/account?done=profile")
            let user = try #require(try await site.accounts.user(email: "king@example.org"))
            #expect(user.isEmailConfirmed && user.pendingEmail == nil)
            let invited = try await site.accounts.invite(name: "Eve", email: "eve@example.org")
            #expect(invited.isEmailConfirmed, "by hand")
        }
    }

    /// It may be a stranger's address, and the name anything.
    @Test func noLetterToAnUnconfirmedAddressSaysTheName() async throws {
        try await run { site, server in
            let browser = try await register(site)
            _ = try await browser.submit("/forgot", from: "/forgot", ["email": "ada@example.org"])
            _ = try await change(browser, to: "king@example.org")
            let letters = try await server.letters(4)
            #expect(letters.map(\.to).count { $0 == "<ada@example.org>" } == 3)
            #expect(letters.allSatisfy { $0.text.hasPrefix("Hello,\n") })
        }
    }

    /// Some servers take a message only when it comes again.
    @Test func aLinkThatTheServerDidNotTakeIsSentWhenItIsAskedForAgain() async throws {
        try await run { site, server in
            let user = try await site.accounts.makeUser("later@example.org")
            try await site.pool.execute("UPDATE users SET email_confirmed_at = NULL")
            let browser = try await AccountsTests.browser(site, user)
            let asks = [
                ("confirm", "/account/email/send", "/account", [:]),
                ("reset", "/forgot", "/forgot", ["email": user.email]),
            ]
            for (index, (kind, path, page, fields)) in asks.enumerated() {
                #expect(try await !browser.submit(path, from: page, fields).text.contains("less than five minutes"))
                try await untilForgotten(kind, site, server, count: index + 1)
                let again = try await browser.submit(path, from: page, fields)
                #expect(again.headers[.location] == (kind == "confirm" ? "/account?done=email-sent" : nil))
                #expect(try await server.letters(index + 1).count == index + 1)
            }
        }
    }

    /// Until the server has put off so many letters, and nothing tells any more that the last was sent.
    private func untilForgotten(_ kind: String, _ site: Site, _ server: MailServer, count: Int) async throws {
        for _ in 0..<100 {
            let row = try await site.pool.first(
                """
                SELECT count(*) FROM account_links
                WHERE kind = \(kind) AND created_at > now() - interval '5 minutes'
                """)
            if try server.putOff == count && row?.decode(Int.self) == 0 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(kind): \(server.putOff) letters were put off, and a link is there")
    }

    @Test func whatIsAskedForBeforeTheShutdownIsSent() async throws {
        let server = try MailServer()
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let logger = Logger(label: "tests")
            let mailer = AccountMailer(
                accounts: accounts,
                mailer: Mailer(
                    .init(url: "smtp://127.0.0.1:\(server.port)", from: "mien@example.org", security: .never)),
                site: "https://mien.example.org", logger: logger)
            let user = try await accounts.makeUser()
            for _ in 0..<20 { mailer.tellOfChange(user) }
            let group = ServiceGroup(services: [mailer], logger: logger)
            async let running: Void = group.run()
            _ = try await server.letters(1)
            await group.triggerGracefulShutdown()
            try await running
            #expect(server.letters.count == 20)
        }
    }

    /// Others end after it, and have to end in time as well.
    @Test func aMailServerThatSaysNothingHoldsUpNoShutdown() async throws {
        let server = try MailServer(isSilent: true)
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let logger = Logger(label: "tests")
            let mailer = AccountMailer(
                accounts: accounts,
                mailer: Mailer(
                    .init(url: "smtp://127.0.0.1:\(server.port)", from: "mien@example.org", security: .never)),
                site: "https://mien.example.org", logger: logger)
            let user = try await accounts.makeUser()
            mailer.ask(user.email)
            mailer.tellOfChange(user)
            let group = ServiceGroup(services: [mailer], logger: logger)
            async let running: Void = group.run()
            try await server.isWaitedFor()
            let start = ContinuousClock.now
            await group.triggerGracefulShutdown()
            try await running
            let duration = ContinuousClock.now - start
            #expect(duration > .seconds(2) && duration < .seconds(6), "\(duration)")
            #expect(
                try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300) != nil,
                "who asks again is sent one")
        }
    }

    /// A server that takes a letter but answers too late has it all the same.
    @Test func aLinkWhoseLetterMayHaveBeenLostWorksAndHoldsUpNoOther() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let user = try await accounts.makeUser()
            let link = try #require(try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300))
            #expect(try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300) == nil)
            try await accounts.passOverLink(link)
            #expect(try await accounts.user(resetToken: link)?.id == user.id)
            #expect(try await accounts.makeResetToken(for: user.id, at: user.email, notWithin: 300) != nil)
        }
    }

    @Test func noAPITokenConfirmsOrAsks() async throws {
        try await run { site, server in
            _ = try await register(site)
            let link = try token(try await server.letters(1)[0])
            let text = try await site.accounts.makeToken(for: ada(site).id, .named("script")).text
            for path in ["/confirm", "/account/email/send", "/account/email/keep", "/account/profile"] {
                let answer = try await Browser(site).post(
                    path, ["token": link, "email": "eve@example.org"], [.authorization: "Bearer \(text)"])
                #expect(answer.status == .forbidden, "\(path)")
            }
            #expect(try await !ada(site).isEmailConfirmed)
        }
    }

    @Test func accountsThatAreThereCountAsConfirmed() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../Migrations")
            let migrations = try Migrations(directory: folder)
            let user = try await accounts.register(
                name: "Ada", email: "ada@example.org", password: "kumquat marmalade", isConfirmed: false)
            _ = try await accounts.makeConfirmationToken(for: user.id, at: user.email, notWithin: 0)
            let reset = try await accounts.makeResetToken(for: user.id)
            try await migrations.down(on: pool, to: 23)
            #expect(try await pool.first("SELECT count(*) FROM account_links")?.decode(Int.self) == 1)
            try await migrations.up(on: pool)
            #expect(try await accounts.user(email: user.email)?.isEmailConfirmed == true)
            #expect(try await accounts.user(resetToken: reset) != nil)
        }
    }
}
