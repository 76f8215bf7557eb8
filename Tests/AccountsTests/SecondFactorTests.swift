import Foundation
import Postgres
import Testing

@testable import Accounts

/// Codes of an authenticator app, and what the database keeps of them.
@Suite struct SecondFactorTests {
    static let secret = String(repeating: "s", count: 32)
    private static let now = Date(timeIntervalSince1970: 1_800_000_010)

    /// RFC 6238, appendix B, SHA-1: a secret of twenty bytes and eight digits.
    @Test(arguments: [
        (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
    ])
    func codesAreThoseOfRFC6238(_ seconds: Int, _ code: String) {
        let step = TOTP.step(at: Date(timeIntervalSince1970: Double(seconds)))
        let secret = Array("12345678901234567890".utf8)
        #expect(TOTP.code(secret: secret, step: step, digits: 8) == code)
        #expect(TOTP.code(secret: secret, step: step) == code.suffix(6))
    }

    /// RFC 4226, appendix D.
    @Test func codesAreThoseOfRFC4226() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
        ]
        for (count, code) in codes.enumerated() {
            #expect(TOTP.code(secret: Array("12345678901234567890".utf8), step: Int64(count)) == code)
        }
    }

    /// RFC 4648, 10, without the padding.
    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI"),
    ])
    func base32IsThatOfRFC4648(_ text: String, _ encoded: String) {
        #expect(Base32.encode(text.utf8) == encoded)
    }

    @Test func aClockMayBeOneStepWrongEitherWayAndNoMore() {
        let secret = TOTP.makeSecret()
        let step = TOTP.step(at: Self.now)
        for (difference, isRight) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let code = TOTP.code(secret: secret, step: step + Int64(difference))
            let found = TOTP.step(of: code, secret: secret, after: 0, now: Self.now)
            #expect(found == (isRight ? step + Int64(difference) : nil), "\(difference)")
        }
        #expect(secret.count == 20 && TOTP.makeSecret() != secret)
    }

    @Test(arguments: ["123456", " 123 456 ", "123-456"])
    func aCodeIsReadAsPeopleTypeIt(_ text: String) {
        #expect(TOTP.typed(text) == "123456")
    }

    @Test(arguments: ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123456\u{0}"])
    func whatIsNoCodeIsNone(_ text: String) {
        #expect(TOTP.typed(text) == nil)
    }

    @Test func recoveryCodesAreReadAsPeopleTypeThem() throws {
        let code = RecoveryCode.make()
        #expect(code.text.wholeMatch(of: /([a-z2-7]{4}-){3}[a-z2-7]{4}/) != nil)
        #expect(RecoveryCode(typed: code.text.uppercased().replacing("-", with: " ")) == code)
        #expect(RecoveryCode(typed: code.text.dropLast() + "1") == nil)
        #expect(RecoveryCode(typed: "123456") == nil)
    }

    @Test func aSecretOpensWithItsKeyForItsAccountOnly() throws {
        let seal = SecondFactorSeal(secret: Self.secret)
        let (user, secret) = (UUID(), TOTP.makeSecret())
        let sealed = try seal.seal(secret, of: user)
        #expect(try sealed != seal.seal(secret, of: user), "no nonce comes twice")
        #expect(seal.open(sealed, of: user) == secret)
        #expect(seal.open(sealed, of: UUID()) == nil)
        #expect(SecondFactorSeal(secret: Self.secret + "x").open(sealed, of: user) == nil)
        for place in sealed.indices {
            var changed = sealed
            changed[place] ^= 1
            #expect(seal.open(changed, of: user) == nil)
        }
        #expect(seal.open([], of: user) == nil)
    }

    @Test func theAddressForAppsNamesAccountAndSite() {
        let enrolment = SecondFactorEnrolment(secret: Array("12345678901234567890".utf8))
        #expect(enrolment.key == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ")
        #expect(
            enrolment.address(email: "a:b&c@example.org", host: "photos.example.org")
                == "otpauth://totp/Mien%20photos.example.org:a%3Ab%26c%40example.org"
                + "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Mien%20photos.example.org")
    }

    /// A person whose second factor is on, with its secret.
    private func withFactor(
        _ body: (AccountStore, SecondFactorStore, User, [UInt8], [RecoveryCode]) async throws -> Void
    ) async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let factors = SecondFactorStore(database: pool, secret: Self.secret)
            let user = try await accounts.makeUser()
            #expect(try await factors.begin(for: user.id))
            let secret = try #require(try await factors.enrolment(of: user.id)).secret
            let code = TOTP.code(secret: secret, step: TOTP.step(at: Self.now) - 10)
            let session = try await accounts.startSession(of: user.id, userAgent: "", address: "")
            let codes = try await factors.confirm(
                code, of: user.id, keeping: session, now: Self.now.addingTimeInterval(-300))
            try await body(accounts, factors, user, secret, try #require(codes))
        }
    }

    private func code(_ secret: [UInt8], _ difference: Int64 = 0) -> String {
        TOTP.code(secret: secret, step: TOTP.step(at: Self.now) + difference)
    }

    @Test func aCodeWorksOnceAndNoneFromBeforeIt() async throws {
        try await withFactor { _, factors, user, secret, _ in
            let first = try await factors.check(code(secret, -1), of: user.id, now: Self.now)
            #expect(first == .right)
            #expect(try await factors.check(code(secret, -1), of: user.id, now: Self.now) == .wrong)
            #expect(try await factors.check(code(secret, 1), of: user.id, now: Self.now) == .right)
            #expect(try await factors.check(code(secret), of: user.id, now: Self.now) == .wrong, "it is older")
            #expect(try await factors.check(code(secret, 2), of: UUID(), now: Self.now) == .none)
        }
    }

    @Test func ofManyWithTheSameCodeOneGetsIn() async throws {
        try await withFactor { _, factors, user, secret, _ in
            let code = code(secret)
            let right = try await withThrowingTaskGroup(of: SecondFactorStore.Verdict.self) { group in
                for _ in 0..<8 { group.addTask { try await factors.check(code, of: user.id, now: Self.now) } }
                return try await group.reduce(0) { $0 + ($1 == .right ? 1 : 0) }
            }
            #expect(right == 1)
        }
    }

    @Test func wrongCodesAreRefusedForAGrowingWhileHoweverManyComeAtOnce() async throws {
        try await withFactor { _, factors, user, secret, codes in
            let verdicts = try await withThrowingTaskGroup(of: SecondFactorStore.Verdict.self) { group in
                for number in 0..<40 {
                    // None of them is right: codes have six digits.
                    group.addTask { try await factors.check("\(1_000_000 + number)", of: user.id, now: Self.now) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(verdicts.count { $0 == .wrong } == 5)
            #expect(
                verdicts.count { if case .refused(let seconds) = $0 { seconds > 20 && seconds <= 30 } else { false } }
                    == 35)
            guard case .refused = try await factors.check(code(secret), of: user.id, now: Self.now) else {
                return #expect(Bool(false), "the right one is not looked at either")
            }
            #expect(try await factors.use(codes[0], of: user.id), "recovery codes still work")
            try await factors.database.execute("UPDATE second_factors SET refused_until = now()")
            #expect(try await factors.check(code(secret), of: user.id, now: Self.now) == .right)
            #expect(try await factors.check("0000000", of: user.id, now: Self.now) == .wrong, "it starts anew")
        }
        #expect(
            [1, 4, 5, 6, 7, 11, 12, 13, 4_000].map(SecondFactorStore.refusal(after:)) == [
                0, 0, 30, 60, 120, 1_920, 3_600, 3_600, 3_600,
            ])
    }

    @Test func aRecoveryCodeWorksOnceForItsAccountUntilThereAreNewOnes() async throws {
        try await withFactor { accounts, factors, user, _, codes in
            #expect(Set(codes.map(\.text)).count == 10)
            let other = try await accounts.makeUser("grace@example.org")
            #expect(try await !factors.use(codes[0], of: other.id))
            let used = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<6 { group.addTask { try await factors.use(codes[0], of: user.id) } }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(used == 1)
            #expect(try await factors.status(of: user.id)?.recoveryCodes == 9)
            let fresh = try #require(try await factors.makeRecoveryCodes(of: user.id))
            #expect(try await factors.status(of: user.id)?.recoveryCodes == 10)
            #expect(try await !factors.use(codes[1], of: user.id))
            #expect(try await factors.use(fresh[9], of: user.id))
            #expect(try await factors.makeRecoveryCodes(of: other.id) == nil)
        }
    }

    @Test func whatIsNotConfirmedCountsForNothing() async throws {
        try await withDatabase { pool in
            let accounts = AccountStore(database: pool, hasher: .cheap)
            let factors = SecondFactorStore(database: pool, secret: Self.secret)
            let user = try await accounts.makeUser()
            #expect(try await factors.begin(for: user.id))
            let first = try #require(try await factors.enrolment(of: user.id)).secret
            #expect(try await factors.begin(for: user.id), "it may be begun again")
            let secret = try #require(try await factors.enrolment(of: user.id)).secret
            #expect(secret != first)
            #expect(try await factors.status(of: user.id) == nil)
            #expect(try await accounts.user(email: user.email)?.hasSecondFactor == false)
            #expect(try await factors.check(code(secret), of: user.id, now: Self.now) == .none)
            #expect(try await !accounts.switchSecondFactorOff(of: user.id))
            let session = try await accounts.startSession(of: user.id, userAgent: "", address: "")
            #expect(try await factors.confirm(code(first), of: user.id, keeping: session, now: Self.now) == nil)
            #expect(try await factors.confirm("", of: user.id, keeping: session, now: Self.now) == nil)
            try await pool.execute("UPDATE second_factors SET begun_at = now() - interval '61 minutes'")
            #expect(try await factors.enrolment(of: user.id) == nil)
            #expect(
                try await factors.confirm(code(secret), of: user.id, keeping: session, now: Self.now) == nil, "too late"
            )
            try await pool.execute("UPDATE second_factors SET begun_at = now()")
            let ended = try await accounts.startSession(of: user.id, userAgent: "", address: "")
            try await accounts.endSession(ended)
            #expect(
                try await factors.confirm(code(secret), of: user.id, keeping: ended, now: Self.now) == nil,
                "its owner has put them out")
            let other = try await accounts.startSession(of: user.id, userAgent: "", address: "")
            #expect(try await factors.confirm(code(secret), of: user.id, keeping: session, now: Self.now) != nil)
            #expect(try await accounts.user(sessionToken: session)?.hasSecondFactor == true)
            #expect(try await accounts.user(sessionToken: other) == nil, "it was opened without a code")
            #expect(try await factors.check(code(secret), of: user.id, now: Self.now) == .wrong, "it is used up")
            #expect(try await !factors.begin(for: user.id), "nobody replaces one that is on")
        }
    }

    @Test func withAnotherSecretOfTheGatewayCodesCannotBeReadAndRecoveryCodesWork() async throws {
        try await withFactor { accounts, factors, user, secret, codes in
            let other = SecondFactorStore(database: factors.database, secret: Self.secret + "x")
            #expect(try await other.check(code(secret), of: user.id, now: Self.now) == .unreadable)
            #expect(try await other.use(codes[3], of: user.id))
            #expect(try await accounts.switchSecondFactorOff(of: user.id))
            #expect(try await factors.check(code(secret), of: user.id, now: Self.now) == .none)
            let left = try await factors.database.first("SELECT count(*) FROM recovery_codes")
            #expect(try left?.decode(Int.self) == 0)
        }
    }

    @Test func nothingInTheDatabaseShowsASecretOrACode() async throws {
        try await withFactor { _, factors, _, secret, codes in
            let text = try await dump(factors.database)
            #expect(text.contains("second_factors: ") && text.contains("recovery_codes: "))
            let hex = secret.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(!text.contains(hex) && !text.contains(Base32.encode(secret)))
            for code in codes {
                #expect(!text.contains(code.text) && !text.contains(code.text.replacing("-", with: "")))
            }
        }
    }

    @Test func whoHasShownThePasswordWaitsForTheCodeTenMinutesAndOnce() async throws {
        try await withFactor { accounts, factors, user, _, _ in
            let token = try await accounts.beginLogIn()
            #expect(try await accounts.user(pendingToken: token)?.id == user.id)
            #expect(try await accounts.user(sessionToken: token) == nil, "it is no session")
            let session = try await accounts.startSession(of: user.id, userAgent: "", address: "")
            #expect(try await accounts.user(pendingToken: session) == nil)
            let ended = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await accounts.startSession(pendingToken: token, userAgent: "", address: "") != nil
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(ended == 1)
            let second = try await accounts.beginLogIn()
            try await factors.database.execute("UPDATE pending_log_ins SET begun_at = now() - interval '601 seconds'")
            #expect(try await accounts.user(pendingToken: second) == nil)
            #expect(try await accounts.sweepPendingLogIns() == 1)
            for end in ["password", "disable", "leave", "link"] {
                let waiting = try await accounts.beginLogIn()
                switch end {
                case "password": try await accounts.setPassword("kumquat marmalade", of: user)
                case "disable":
                    try await accounts.setDisabled(true, of: user.id)
                    try await accounts.setDisabled(false, of: user.id)
                case "leave": try await accounts.signOut(user.id)
                default:
                    let link = try await accounts.makeResetToken(for: user.id)
                    _ = try await accounts.resetPassword("kumquat marmalade", token: link)
                }
                #expect(try await accounts.user(pendingToken: waiting) == nil, "\(end)")
            }
            #expect(try await accounts.user(email: user.email)?.hasSecondFactor == true, "none of it switches it off")
        }
    }
}
