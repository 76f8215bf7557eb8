import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

@Suite struct RetryTests {
    private static let limits = IntakeLimits(maxOpenPerUser: 100, maxOpen: 100)

    private func outbox(_ site: Site, _ id: UUID) async throws -> Int {
        try await site.database.first(
            "SELECT count(*) FROM outbox WHERE analysis_id = \(id) AND kind = 'job'")?.decode(Int.self) ?? -1
    }

    @Test func aFailedAnalysisIsTriedAgainExactlyOnceHoweverOftenItIsAsked() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .failed)
            #expect(try await ada.counts().failed == 1)
            let before = try await outbox(site, id)
            let queued = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await site.store.retry([id], owner: ada.user.id, generation: 1, limits: Self.limits)
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(queued == 1)
            let analysis = try #require(try await site.store.find(id, owner: ada.user.id))
            #expect(analysis.status == .queued)
            #expect(analysis.generation == 2)
            #expect(analysis.attempts == 0)
            #expect(analysis.errorCode == nil)
            #expect(try await ada.counts().failed == 0)
            #expect(try await outbox(site, id) == before + 1)
        }
    }

    @Test func noMoreAreTriedAgainThanThereIsRoomFor() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            var ids: [UUID] = []
            for _ in 0..<5 { ids.append(try await site.analysis(of: ada.user.id, .failed)) }
            let limits = IntakeLimits(maxOpenPerUser: 2, maxOpen: 100)
            #expect(try await site.store.retry(ids, owner: ada.user.id, limits: limits) == 2)
            #expect(try await ada.counts().failed == 3)
            await #expect(throws: IntakeRefusal.tooManyOpen(limit: 2)) {
                try await site.store.retry(ids, owner: ada.user.id, limits: limits)
            }
        }
    }

    @Test func aLateClickOnAnOldPageTriesNothingAgain() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .failed)
            try await site.store.retry([id], owner: ada.user.id, generation: 1, limits: Self.limits)
            try await site.fail(id)
            let answer = try await ada.post("/analyses/\(id.lower)/retry", [("generation", "1")])
            #expect(answer.status == .seeOther)
            #expect(try await site.store.find(id, owner: ada.user.id)?.status == .failed)
            #expect(try await ada.post("/analyses/\(id.lower)/retry", [("generation", "2")]).status == .seeOther)
            #expect(try await site.store.find(id, owner: ada.user.id)?.status == .queued)
            #expect(try await ada.counts().failed == 0)
        }
    }

    @Test func onlyItsOwnerCanTryAgainAndOnlyWhatFailed() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let failed = try await site.analysis(of: ada.user.id, .failed)
            let finished = try await site.analysis(of: ada.user.id, .finished)
            #expect(try await eve.post("/analyses/\(failed.lower)/retry", [("generation", "1")]).status == .notFound)
            #expect(try await site.store.retry([failed], owner: eve.user.id, limits: Self.limits) == 0)
            #expect(try await site.store.retry([finished], owner: ada.user.id, limits: Self.limits) == 0)
            #expect(try await eve.counts() == (0, 0))
            #expect(try await site.store.retry([failed, finished], owner: ada.user.id, limits: Self.limits) == 1)
        }
    }

    @Test func theQueuesLimitHoldsForTryingAgain() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let failed = try await site.analysis(of: ada.user.id, .failed)
            try await site.analysis(of: ada.user.id, .queued)
            await #expect(throws: IntakeRefusal.tooManyOpen(limit: 1)) {
                try await site.store.retry(
                    [failed], owner: ada.user.id, limits: IntakeLimits(maxOpenPerUser: 1, maxOpen: 100))
            }
            #expect(try await site.store.find(failed, owner: ada.user.id)?.status == .failed)
        }
    }

    @Test func aPhotoThatIsNotKeptCannotBeTriedAgain() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .failed)
            try await site.database.execute("DELETE FROM photos WHERE analysis_id = \(id)")
            #expect(try await site.store.retry([id], owner: ada.user.id, limits: Self.limits) == 0)
        }
    }

    @Test func theFailuresPageSaysWhyAndOffersToTryAgain() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .failed)
            let page = try await ada.get("/analyses/\(id.lower)").text
            #expect(page.contains("The photo is damaged."))
            #expect(page.contains("save it anew as JPEG"))
            #expect(page.contains("action=\"/analyses/\(id.lower)/retry\""))
        }
    }
}
