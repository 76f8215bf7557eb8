import Testing

@testable import Passwords

@Suite struct PasswordTests {
    /// As cheap as argon2 allows: these tests are about behaviour, not about cost.
    static let cheap = Argon2.Parameters(memory: 8, passes: 1)

    @Test func aPasswordMatchesItsOwnHashOnly() async throws {
        let hasher = PasswordHasher(parameters: Self.cheap)
        let hash = try await hasher.hash("correct horse battery")
        #expect(try await hasher.verify("correct horse battery", against: hash))
        #expect(try await !hasher.verify("correct horse batterx", against: hash))
        #expect(try await !hasher.verify("", against: hash))
    }

    @Test func equalPasswordsHaveDifferentHashes() async throws {
        let hasher = PasswordHasher(parameters: Self.cheap)
        #expect(try await hasher.hash("the same words") != hasher.hash("the same words"))
    }

    @Test func theDefaultIsArgon2idAtOWASPsCost() async throws {
        let hasher = PasswordHasher()
        let hash = try await hasher.hash("correct horse battery")
        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(!hasher.needsRehash(hash))
        #expect(hasher.needsRehash(try await PasswordHasher(parameters: Self.cheap).hash("x")))
    }

    @Test func composedAndDecomposedLettersAreTheSamePassword() async throws {
        let hasher = PasswordHasher(parameters: Self.cheap)
        let hash = try await hasher.hash("caf\u{E9} au lait")
        #expect(try await hasher.verify("cafe\u{301} au lait", against: hash))
    }

    @Test func nobodysHashIsReadableAndMatchesNothing() async throws {
        let hasher = PasswordHasher(parameters: Self.cheap)
        #expect(!hasher.needsRehash(hasher.nobodysHash))
        for password in ["", "nobodys password", "password"] {
            #expect(try await !hasher.verify(password, against: hasher.nobodysHash))
        }
    }

    @Test func aHashThatIsNoneIsAnErrorAndNotAWrongPassword() async throws {
        let hasher = PasswordHasher(parameters: Self.cheap)
        let error = await #expect(throws: PasswordError.self) {
            try await hasher.verify("x", against: "not a hash")
        }
        #expect(error?.code == .argon2)
        #expect(error?.isRetriable == false)
    }

    @Test func pastTheBoundFurtherHashesAreRefused() async throws {
        let hasher = PasswordHasher(parameters: .recommended, concurrency: 1, waiting: 2)
        let outcomes = await withTaskGroup(of: PasswordError.Code?.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do {
                        _ = try await hasher.hash("correct horse battery")
                        return nil
                    } catch { return (error as? PasswordError)?.code }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains(.busy))
        #expect(outcomes.contains(nil))
        #expect(outcomes.allSatisfy { $0 == nil || $0 == .busy })
        // The bound is on those that wait, not on those that ever came.
        _ = try await hasher.hash("correct horse battery")
    }

    @Test func theCommonestPasswordsAreRefused() {
        #expect(PasswordRules.common.count > 2_900)
        for password in ["password", "PASSWORD", "12345678", "baseball", "zzzzzzzzzz"] {
            #expect(PasswordRules.problem(with: password) == .common, "\(password)")
        }
    }

    @Test func lengthIsCountedAsPeopleCount() {
        #expect(PasswordRules.problem(with: "kumquat") == .tooShort)
        #expect(PasswordRules.problem(with: "kumquats") == nil)
        #expect(PasswordRules.problem(with: String(repeating: "ab", count: 64)) == nil)
        #expect(PasswordRules.problem(with: String(repeating: "ab", count: 64) + "c") == .tooLong)
        #expect(PasswordRules.problem(with: "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦") == .tooShort)
        #expect(PasswordRules.problem(with: "e" + String(repeating: "\u{301}", count: 5_000) + "12345678") == .tooLong)
    }

    @Test(arguments: [
        "ada lovelace", "Ada.Lovelace", "ada.lovelace@example.org", "Lovelace1815", "ÁDA-lovelace-1", "mienmienmien",
        "Mien2026!!!", "mimienen-ada", "example.org.ada",
    ])
    func littleMoreThanWordsOfTheContextIsNoPassword(_ password: String) {
        let context = ["Ada Lovelace", "ada.lovelace@example.org", "Mien"]
        #expect(PasswordRules.problem(with: password, context: context) == .contextual)
    }

    @Test(arguments: ["ada lovelace drinks tea", "kumquat marmalade", "12-34-56-7", "ordinary!", "four words for ada"])
    func moreThanWordsOfTheContextIsAPassword(_ password: String) {
        let context = ["Ada Lovelace", "ada.lovelace@example.org", "Mien"]
        #expect(PasswordRules.problem(with: password, context: context) == nil)
    }
}
