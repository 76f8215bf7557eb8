import Foundation
import Logging
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations

/// Accounts that are deleted: closed at once, and gone whatever comes in between.
@Suite struct LeavingTests {
    private func fill(_ pool: ConnectionPool, _ owner: UUID, _ count: Int) async throws {
        try await pool.execute(
            AnalysisLifecycle.madeUp(
                ["id", "user_id", "lane", "file_name", "content_type", "photo_bytes", "request_id"],
                """
                SELECT gen_random_uuid(), \(owner), 'bulk', 'a.jpg', 'image/jpeg', 1, 'r'
                FROM generate_series(1, \(count))
                """))
    }

    private func analyses(_ pool: ConnectionPool) async throws -> Int {
        try await pool.first("SELECT count(*) FROM analyses")?.decode(Int.self) ?? -1
    }

    private func sweep(_ pool: ConnectionPool, retentionDays: Int = 0) async throws {
        try await RetentionSweeper(
            database: pool, retentionDays: retentionDays, auditDays: 365, logger: Logger(label: "tests")
        ).sweep()
    }

    @Test func whatInterruptsADeletionLeavesTheRestToTheNextSweep() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            let session = try await store.startSession(of: user.id, userAgent: "Browser-of-Ada", address: "")
            try await insertAnalysis(pool, owner: user.id, title: "Secret title")
            try await fill(pool, user.id, 450)
            try await AuditLog(database: pool).record(
                .loggedIn, by: user.id, from: RequestOrigin(address: "192.0.2.7", requestID: ""))
            let grace = try await store.makeUser("grace@example.org")
            try await insertAnalysis(pool, owner: grace.id, title: "Hers")
            try await pool.execute("CREATE SEQUENCE portions")
            try await pool.execute(
                """
                CREATE FUNCTION interrupt() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN IF nextval('portions') = 2 THEN RAISE 'interrupted'; END IF; RETURN NULL; END$$
                """)
            try await pool.execute(
                "CREATE TRIGGER interrupt BEFORE DELETE ON analyses FOR EACH STATEMENT EXECUTE FUNCTION interrupt()")
            await #expect(throws: PostgresError.self) { try await store.delete(user.id) }
            #expect(try await analyses(pool) == 252, "one portion is gone, or this proves nothing")

            // Nobody can use it, nor enable it, and it is seen why.
            #expect(try await store.user(sessionToken: session) == nil)
            #expect(try await store.authenticate(email: user.email, password: "kumquat marmalade") == nil)
            await #expect(throws: AccountLeaving.self) { try await store.setDisabled(false, of: user.id) }
            let people = try await OperationsStore(database: pool).people(matching: "", before: nil).people
            #expect(people.filter(\.isLeaving).map(\.id) == [user.id])

            try await pool.execute("DROP TRIGGER interrupt ON analyses")
            try await sweep(pool)
            #expect(try await analyses(pool) == 1)
            let left = try await dump(pool)
            for trace in [
                user.id.uuidString.lowercased(), "ada@example.org", "Secret title", "Browser-of-Ada", "192.0.2.7",
            ] {
                #expect(!left.contains(trace), "\(trace)")
            }
            #expect(left.contains("Hers") && left.contains("grace@example.org"))
        }
    }

    @Test func severalFinishItAtTheSameTime() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let user = try await store.makeUser()
            try await fill(pool, user.id, 2_000)
            #expect(try await store.leave(user.id))
            #expect(try await store.leave(user.id), "asked twice, it says the same")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { try await AccountStore.finishLeaving(on: pool) } }
                try await group.waitForAll()
            }
            try await AccountStore.finishLeaving(on: pool)
            #expect(try await store.users() == [])
            #expect(try await analyses(pool) == 0)
            #expect(try await store.leave(user.id) == false)
            #expect(try await store.delete(user.id) == false)
        }
    }

    @Test func anAccountThatCannotBeDeletedHoldsUpNothingElse() async throws {
        try await withDatabase { pool in
            let store = AccountStore(database: pool, hasher: .cheap)
            let (user, grace) = (try await store.makeUser(), try await store.makeUser("grace@example.org"))
            try await insertAnalysis(pool, owner: grace.id, daysAgo: 31)
            try await pool.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'refused'; END$$")
            try await pool.execute(
                "CREATE TRIGGER refuse BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse()")
            try await store.leave(user.id)
            await #expect(throws: PostgresError.self) { try await sweep(pool, retentionDays: 30) }
            #expect(try await analyses(pool) == 0)
        }
    }
}
