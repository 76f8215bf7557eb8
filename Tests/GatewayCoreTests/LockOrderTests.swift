import Foundation
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Sharing

/// Locks are taken in one order, batch, analyses by their ids, person, so that nobody waits in a circle.
@Suite struct LockOrderTests {
    /// Takes a lock, lets somebody else run into it, and takes another. Had they taken that one before, PostgreSQL would end
    /// one of the two.
    private func between(
        _ first: Statement, _ second: Statement, _ site: Site, _ other: @escaping @Sendable () async throws -> Void
    ) async throws {
        let running = try await site.database.withTransaction { connection in
            try await connection.execute(first)
            let running = Task { try await other() }
            try await site.waitForLocks()
            try await connection.execute(second)
            return running
        }
        try await running.value
    }

    @Test(arguments: [true, false]) func whoSharesTakesWhatIsSharedBeforeThePerson(_ isBatch: Bool) async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let batch = UUID.timeOrdered()
            let id = try await site.analysis(of: ada.user.id, batch: batch)
            let shares = ShareStore(database: site.database, hasher: site.accounts.hasher)
            let request = try ShareRequest.check(
                days: nil, password: nil, information: nil, givesOriginal: false, owner: ada.user)
            // As whoever records its result, or deletes it, does.
            let held: Statement =
                isBatch
                ? "SELECT 1 FROM batches WHERE id = \(batch) FOR UPDATE"
                : "SELECT 1 FROM analyses WHERE id = \(id) FOR UPDATE"
            try await between(held, "SELECT 1 FROM users WHERE id = \(ada.user.id) FOR NO KEY UPDATE", site) {
                _ = try await shares.make(request, of: isBatch ? .batch(batch) : .analysis(id), owner: ada.user.id)
            }
            #expect(try await shares.countOpen(owner: ada.user.id) == 1)
        }
    }

    @Test func whatIsCancelledMeanwhileIsNotShared() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            let shares = ShareStore(database: site.database, hasher: site.accounts.hasher)
            let request = try ShareRequest.check(
                days: nil, password: nil, information: nil, givesOriginal: false, owner: ada.user)
            let cancelled = AnalysisLifecycle.cancelled(.some([id]), owner: ada.user.id)
            try await between(cancelled, "SELECT 1", site) {
                await #expect(throws: ShareStore.Refusal.noResult) {
                    _ = try await shares.make(request, of: .analysis(id), owner: ada.user.id)
                }
            }
        }
    }

    @Test(arguments: [true, false]) func whoDeletesOrRestoresABatchTakesItBeforeItsPhotos(_ deletes: Bool) async throws
    {
        try await Site.run { site in
            let ada = try await site.person()
            let batch = UUID.timeOrdered()
            let id = try await site.analysis(of: ada.user.id, batch: batch)
            if !deletes { _ = try await site.store.removeBatch(batch, owner: ada.user.id, binDays: 30) }
            // As whoever puts the other into the bin, or takes it out.
            try await between(
                "UPDATE batches SET binned_at = NULL WHERE id = \(batch)",
                "SELECT 1 FROM analyses WHERE id = \(id) FOR KEY SHARE", site
            ) { () async throws in
                if deletes {
                    #expect(try await site.store.removeBatch(batch, owner: ada.user.id, binDays: 30)?.count == 1)
                } else {
                    #expect(try await site.store.restore(.some([id]), owner: ada.user.id) == 1)
                }
            }
            #expect(try await site.store.batch(batch, owner: ada.user.id)?.analyses.count == (deletes ? nil : 1))
        }
    }

    /// A photo and its copies, of which others hold any: who waited for them might be waited for.
    @Test func whoDeletesAPhotoOrSendsACopyWaitsForNobodyWhoHasTheOther() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            @Sendable func send() async throws -> UUID {
                let photo = try Site.sample()
                let submission = Submission(
                    owner: ada.user.id, lane: .bulk, information: AnalysisInformation(), fileName: "a.jpg",
                    contentType: "image/jpeg", byteCount: photo.count, bytes: { photo },
                    digest: Array(repeating: 1, count: 32), requestID: "test")
                let limits = IntakeLimits(maxOpenPerUser: 10, maxOpen: 10)
                return try await site.store.submit([submission], limits: limits).results[0].get()
            }
            let first = try await send()
            let copy = try await site.database.withTransaction { connection in
                try await connection.execute("SELECT 1 FROM analyses WHERE id = \(first) FOR UPDATE")
                return try await send()
            }
            #expect(try await site.store.find(copy, owner: ada.user.id)?.duplicateOf == first)
            try await site.database.withTransaction { connection in
                try await connection.execute("SELECT 1 FROM analyses WHERE id = \(copy) FOR UPDATE")
                #expect(try await site.store.delete(first, owner: ada.user.id))
            }
            #expect(try await site.store.find(copy, owner: ada.user.id)?.duplicateOf == nil)
        }
    }
}
