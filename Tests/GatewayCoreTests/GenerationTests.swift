import Foundation
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

@Suite struct GenerationTests {
    @Test func whatAnEarlierTryStillSendsIsNotRecorded() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await site.recorder.record([.damaged(id, generation: 1)]) == [.recorded])
            #expect(try await ada.counts() == (0, 1))
            let limits = IntakeLimits(maxOpenPerUser: 9, maxOpen: 9)
            #expect(try await site.store.retry([id], owner: ada.user.id, generation: 1, limits: limits) == 1)
            // Both arrive late: the first try's failure once more, and a result that it made after all.
            #expect(try await site.recorder.record([.damaged(id, generation: 1)]) == [.ignored])
            #expect(try await site.recorder.record([.happy(id, generation: 1)]) == [.ignored])
            #expect(try await site.store.find(id, owner: ada.user.id)?.status == .queued)
            #expect(try await ada.counts() == (0, 0))
            #expect(try await site.recorder.record([.happy(id, generation: 2)]) == [.recorded])
            #expect(try await site.recorder.record([.happy(id, generation: 2)]) == [.ignored])
            let analysis = try #require(try await site.store.find(id, owner: ada.user.id))
            #expect(analysis.status == .finished)
            #expect(analysis.dominant == .emotion("happy", count: 1))
            #expect(try await ada.counts() == (1, 0))
        }
    }
}
