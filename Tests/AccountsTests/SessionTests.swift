import Foundation
import Postgres
import Testing

@testable import Accounts
@testable import GatewayCore

@Suite struct SessionTests {
    @Test func theDatabaseKeepsNoToken() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let token = try await store.startSession(of: user.id, userAgent: "a\0b", address: "127.0.0.1")
            #expect(token.count == 43)
            let row = try #require(try await pool.first("SELECT token_hash, user_agent FROM sessions"))
            #expect(try row["token_hash", as: [UInt8].self] == RandomToken(untrusted: token)?.hash)
            #expect(try row["user_agent", as: String.self] == "ab")
            #expect(try await store.user(sessionToken: token) == user)
        }
    }

    @Test func aSessionEndsWhenItsOwnerSaysSo() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let first = try await store.startSession(of: user.id, userAgent: "", address: "")
            let second = try await store.startSession(of: user.id, userAgent: "", address: "")
            #expect(first != second)
            try await store.endSession(first)
            #expect(try await store.user(sessionToken: first) == nil)
            #expect(try await store.user(sessionToken: second) == user)
        }
    }

    @Test(arguments: [("seen_at", 14.0), ("created_at", 90.0)])
    func aSessionEndsAtItsLimit(_ column: String, _ days: Double) async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let token = try await store.startSession(of: user.id, userAgent: "", address: "")
            func age(_ days: Double) async throws {
                try await pool.execute(
                    "UPDATE sessions SET \(unescaped: column) = now() - make_interval(secs => \(days * 86_400))")
            }
            try await age(days - 0.01)
            #expect(try await store.user(sessionToken: token) == user)
            #expect(try await store.sweepSessions() == 0)
            try await age(days + 0.01)
            #expect(try await store.user(sessionToken: token) == nil)
            #expect(try await store.sweepSessions() == 1)
        }
    }

    @Test func beingSeenMovesTheIdleLimitButNotAtEveryRequest() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let token = try await store.startSession(of: user.id, userAgent: "", address: "")
            func seen() async throws -> Date {
                try #require(try await pool.first("SELECT seen_at FROM sessions"))["seen_at", as: Date.self]
            }
            let first = try await seen()
            _ = try await store.user(sessionToken: token)
            #expect(try await seen() == first)
            try await pool.execute("UPDATE sessions SET seen_at = now() - interval '2 minutes'")
            let stale = try await seen()
            _ = try await store.user(sessionToken: token)
            #expect(try await seen() > stale)
        }
    }

    @Test(arguments: ["", "x", "' OR 1=1 --", String(repeating: "a", count: 5_000), "ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜ"])
    func whatIsNoTokenOpensNothing(_ text: String) async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let found = try await [store.user(sessionToken: text), store.holder(of: text)]
            #expect(found == [nil, nil])
        }
    }

    @Test func anAPITokenWorksUntilItIsRevokedByItsOwner() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let ada = try await store.makeUser()
            let eve = try await store.makeUser("eve@example.org")
            let made = try await store.makeToken(for: ada.id, .named("script"))
            #expect(made.text.hasPrefix("mien_"))
            #expect(try await store.tokens(of: ada.id).map(\.usedAt) == [nil])
            #expect(try await store.holder(of: made.text) == ada)
            #expect(try await store.tokens(of: ada.id).first?.usedAt != nil)
            #expect(try await store.revokeToken(made.token.id, of: eve.id) == false)
            #expect(try await store.revokeToken(made.token.id, of: ada.id))
            #expect(try await store.holder(of: made.text) == nil)
        }
    }
}
