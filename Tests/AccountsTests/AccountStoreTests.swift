import Foundation
import Passwords
import Postgres
import Testing

@testable import Accounts
@testable import GatewayCore

@Suite struct AccountStoreTests {
    @Test func anAccountIsFoundByItsAddressInAnyCase() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.register(
                name: "  Ada  ", email: " Ada@Example.org ", password: "kumquat marmalade")
            #expect(user.name == "Ada")
            #expect(user.email == "Ada@Example.org")
            #expect(user.finishedCount == 0)
            #expect(try await store.authenticate(email: "ada@example.ORG", password: "kumquat marmalade")?.user == user)
            #expect(try await store.user(email: "ADA@example.org") == user)
            #expect(try await store.authenticate(email: "ada@example.org", password: "kumquat marmalad") == nil)
        }
    }

    @Test func aTakenAddressIsRefusedHoweverItIsWritten() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            _ = try await store.makeUser()
            let errors = await #expect(throws: AccountErrors.self) { try await store.makeUser("ADA@example.org") }
            #expect(errors?.errors == [.emailTaken])
            #expect(try await store.users().count == 1)
        }
    }

    @Test func twoRegistrationsAtOnceMakeOneAccount() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let made = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { (try? await store.makeUser()) != nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(made == 1)
        }
    }

    @Test func everythingThatIsWrongIsSaidAtOnce() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let errors = await #expect(throws: AccountErrors.self) {
                try await store.register(name: " ", email: "ada", password: "short")
            }
            #expect(errors?.errors == [.nameMissing, .emailInvalid, .passwordTooShort])
        }
    }

    @Test(arguments: ["a@b", "ada.l+x@mail.example.org", "ü@exämple.org"])
    func addressesThatCanBe(_ email: String) {
        #expect(AccountDetails.problem(withEmail: email) == nil)
    }

    @Test(arguments: [
        "", "ada", "@example.org", "ada@", "a@b@c", "a b@c.d", "a@.c", "a@c.", "a@c..d", "a\0@c.d", "<a@c.d>",
        "a@c.d\r\nBcc: x", String(repeating: "a", count: 250) + "@c.de",
    ])
    func addressesThatCannotBe(_ email: String) {
        #expect(AccountDetails.problem(withEmail: email) == .emailInvalid)
    }

    @Test func aWrongPasswordAndAnUnknownAddressCostTheSameHash() async throws {
        try await withDatabase { pool in
            // A hash that cannot be read tells that one was verified: the dummy for unknown addresses is readable.
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            #expect(try await store.authenticate(email: "nobody@example.org", password: "x") == nil)
            #expect(try await store.authenticate(email: "not an address", password: "x") == nil)
            #expect(PasswordHasher.cheap.nobodysHash.split(separator: "$")[2] == "m=8,t=1,p=1")
            try await pool.execute("UPDATE users SET password_hash = 'broken' WHERE id = \(user.id)")
            await #expect(throws: PasswordError.self) {
                try await store.authenticate(email: user.email, password: "x")
            }
        }
    }

    @Test func anOldHashIsMadeAnewAtTheNextLogIn() async throws {
        try await withDatabase { pool in
            let user = try await AccountStore(database: pool, hasher: .cheap).makeUser()
            let dearer = PasswordHasher(parameters: Argon2.Parameters(memory: 16, passes: 2))
            let store = AccountStore(database: pool, hasher: dearer)
            _ = try await store.authenticate(email: user.email, password: "kumquat marmalade")
            let row = try await pool.first("SELECT password_hash FROM users WHERE id = \(user.id)")
            let hash = try #require(try row?["password_hash", as: String.self])
            #expect(hash.contains("m=16,t=2"))
            #expect(try await store.authenticate(email: user.email, password: "kumquat marmalade")?.user == user)
        }
    }

    /// A log-in that is under way while the owner changes the password must not put the old one back.
    @Test func anOldHashIsNotMadeAnewOverANewPassword() async throws {
        try await withDatabase { pool in
            let user = try await AccountStore(database: pool, hasher: .cheap).makeUser()
            let store = AccountStore(
                database: pool, hasher: PasswordHasher(parameters: Argon2.Parameters(memory: 16, passes: 2)))
            let hash = try await store.hasher.hash("quince preserve")
            // It reads the old hash, and its own statement waits for the one that puts the new password there.
            let logIn = try await pool.withTransaction { connection in
                try await connection.execute("UPDATE users SET password_hash = \(hash) WHERE id = \(user.id)")
                let logIn = Task { try await store.authenticate(email: user.email, password: "kumquat marmalade") }
                while try await pool.first(
                    """
                    SELECT 1 FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE users%'
                    """) == nil
                { try await Task.sleep(for: .milliseconds(5)) }
                return logIn
            }
            #expect(try await logIn.value == nil)
            let row = try await pool.first("SELECT password_hash FROM users WHERE id = \(user.id)")
            #expect(try row?.decode(String.self) == hash)
        }
    }

    @Test func twoLogInsThatMakeAnOldHashAnewBothSucceed() async throws {
        try await withDatabase { pool in
            let user = try await AccountStore(database: pool, hasher: .cheap).makeUser()
            let store = AccountStore(
                database: pool, hasher: PasswordHasher(parameters: Argon2.Parameters(memory: 16, passes: 2)))
            let sessions = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        guard
                            let shown = try await store.authenticate(
                                email: user.email, password: "kumquat marmalade")
                        else { return nil }
                        return try await store.startSession(after: shown, userAgent: "", address: "")
                    }
                }
                return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
            }
            #expect(sessions.count == 6)
        }
    }

    /// The password was right when it was looked at; what it opens looks once more.
    @Test(arguments: ["password", "link", "factor", "disabled", "nothing"])
    func aLogInUnderWayIsOvertakenByWhatEndsSessions(_ change: String) async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let shown = try #require(try await store.authenticate(email: user.email, password: "kumquat marmalade"))
            switch change {
            case "password": try await store.setPassword("quince preserve", of: user)
            case "link":
                let link = try await store.makeResetToken(for: user.id)
                #expect(try await store.resetPassword("quince preserve", token: link) == user)
            case "factor":
                let factors = SecondFactorStore(database: pool, secret: SecondFactorTests.secret)
                #expect(try await factors.begin(for: user.id))
                let secret = try #require(try await factors.enrolment(of: user.id)).secret
                let code = TOTP.code(secret: secret, step: TOTP.step(at: Date()))
                let session = try await store.startSession(of: user.id, userAgent: "", address: "")
                #expect(try await factors.confirm(code, of: user.id, keeping: session) != nil)
            case "disabled": try await store.setDisabled(true, of: user.id)
            default: break
            }
            let isOvertaken = change != "nothing"
            let session = try await store.startSession(after: shown, userAgent: "", address: "")
            #expect((session == nil) == isOvertaken)
            #expect(try await (store.beginLogIn(after: shown) == nil) == isOvertaken)
        }
    }

    /// Whichever comes first: no session of the old password is left, with or without a code.
    @Test func noLogInOutlivesANewPassword() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            var password = "kumquat marmalade"
            for round in 0..<20 {
                let shown = try #require(try await store.authenticate(email: user.email, password: password))
                let pending = try #require(try await store.beginLogIn(after: shown))
                password = "quince preserve \(round)"
                try await withThrowingTaskGroup(of: Void.self) { [password] group in
                    for _ in 0..<2 {
                        group.addTask { _ = try await store.startSession(after: shown, userAgent: "", address: "") }
                    }
                    group.addTask { try await store.setPassword(password, of: user) }
                    group.addTask {
                        _ = try await store.startSession(pendingToken: pending, userAgent: "", address: "")
                    }
                    group.addTask { _ = try await store.beginLogIn(after: shown) }
                    try await group.waitForAll()
                }
                let row = try await pool.first(
                    "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM pending_log_ins)")
                #expect(try row?.decode(Int.self) == 0, "round \(round)")
            }
        }
    }

    /// Somebody who knows the old password, and was about to set one too, is too late.
    @Test func aSessionThatHasEndedSetsNoPassword() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let session = try await store.startSession(of: user.id, userAgent: "", address: "")
            try await store.setPassword("quince preserve", of: user)
            #expect(
                try await store.setPassword("medlar preserve", of: user, keepingTokens: true, renewing: session) == nil)
            #expect(try await store.authenticate(email: user.email, password: "quince preserve")?.user == user)
        }
    }

    @Test func aDisabledAccountOpensNothing() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let session = try await store.startSession(of: user.id, userAgent: "test", address: "::1")
            let token = try await store.makeToken(for: user.id, .named("script")).text
            try await store.setDisabled(true, of: user.id)
            #expect(try await store.user(sessionToken: session) == nil)
            #expect(try await store.holder(of: token) == nil)
            await #expect(throws: AccountDisabled.self) {
                try await store.authenticate(email: user.email, password: "kumquat marmalade")
            }
            #expect(try await store.authenticate(email: user.email, password: "a guess of mine") == nil)
            try await store.setDisabled(false, of: user.id)
            #expect(try await store.holder(of: token) == user)
            #expect(try await store.user(sessionToken: session) == nil, "its sessions were ended")
        }
    }

    @Test func aNewPasswordEndsAllSessionsAndLinksAndTokens() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let session = try await store.startSession(of: user.id, userAgent: "", address: "")
            let token = try await store.makeToken(for: user.id, .named("script")).text
            let link = try await store.makeResetToken(for: user.id)
            await #expect(throws: AccountErrors.self) { try await store.setPassword("12345678", of: user) }
            #expect(try await store.user(sessionToken: session) == user)
            try await store.setPassword("quince preserve", of: user, keepingTokens: true)
            #expect(try await store.holder(of: token) == user)
            #expect(try await store.user(resetToken: link) == nil)
            try await store.setPassword("medlar preserve", of: user)
            #expect(try await store.user(sessionToken: session) == nil)
            #expect(try await store.holder(of: token) == nil)
            #expect(try await store.authenticate(email: user.email, password: "medlar preserve")?.user == user)
        }
    }

    /// Statements that belong together are done together or not at all.
    @Test func aChangeThatFailsHalfWayChangesNothing() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let session = try await store.startSession(of: user.id, userAgent: "", address: "")
            let link = try await store.makeResetToken(for: user.id)
            try await pool.execute(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'refused'; END$$
                """)
            try await pool.execute(
                "CREATE TRIGGER refuse BEFORE DELETE OR UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION refuse()")
            try await pool.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON account_links FOR EACH ROW EXECUTE FUNCTION refuse()")
            await #expect(throws: PostgresError.self) { try await store.setPassword("quince preserve", of: user) }
            await #expect(throws: PostgresError.self) {
                try await store.setPassword("quince preserve", of: user, keepingTokens: true, renewing: session)
            }
            await #expect(throws: PostgresError.self) { try await store.setDisabled(true, of: user.id) }
            await #expect(throws: PostgresError.self) { try await store.makeResetToken(for: user.id) }
            #expect(try await store.authenticate(email: user.email, password: "kumquat marmalade")?.user == user)
            #expect(try await store.user(sessionToken: session) == user)
            #expect(try await store.user(resetToken: link) == user)
        }
    }

    @Test func ofManyWhoAskForALinkAtOnceOneIsMadeOne() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let made = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await store.makeResetToken(for: user.id, at: user.email, notWithin: 300) }
                }
                return try await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
            }
            #expect(made.count == 1)
        }
    }
}
