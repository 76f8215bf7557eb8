import Foundation
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations

@Suite struct FailureTests {
    @Test func aPhotoThatFailsAgainAfterItWasDismissedIsShownAgain() async throws {
        try await withDatabase { pool in
            let user = try await AccountStore(database: pool, hasher: .cheap).makeUser()
            let id = try await insertAnalysis(pool, owner: user.id, failedWith: "damaged")
            let store = OperationsStore(database: pool)
            #expect(try await store.dismiss(.one(id)) == 1)
            #expect(try await store.newestFailures(limit: 5).isEmpty)
            let limits = IntakeLimits(maxOpenPerUser: 10, maxOpen: 10)
            let retried = try await AnalysisStore(database: pool).retry([id], owner: user.id, limits: limits)
            #expect(retried == 1)
            try await pool.execute(
                AnalysisLifecycle.failed(id, generation: 2, code: "damaged", message: "It is damaged."))
            #expect(try await store.newestFailures(limit: 5).map(\.id) == [id])
            #expect(try await store.failureGroups().map(\.count) == [1])
        }
    }

    /// Whoever sends broken files takes no place in the list of what the site itself did not do.
    @Test func brokenFilesHideNoFailureOfTheSite() async throws {
        try await withDatabase { pool in
            let user = try await AccountStore(database: pool, hasher: .cheap).makeUser()
            let ours = try await insertAnalysis(pool, owner: user.id, daysAgo: 1, failedWith: "internal")
            for code in Analysis.failuresOfTheFile { try await insertAnalysis(pool, owner: user.id, failedWith: code) }
            let store = OperationsStore(database: pool)
            #expect(try await store.newestFailures(limit: 5, without: Analysis.failuresOfTheFile).map(\.id) == [ours])
            #expect(try await store.newestFailures(limit: 9).count == 6)
        }
    }
}
