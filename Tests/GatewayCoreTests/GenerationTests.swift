import Contracts
import Foundation
import Testing

@testable import GatewayCore

@Suite struct GenerationTests {
    private func message(_ id: UUID, generation: Int, _ outcome: ResultMessage.OneOf_Outcome) -> ResultMessage {
        var message = ResultMessage()
        message.analysisID = id.lower
        message.generation = UInt32(generation)
        message.outcome = outcome
        return message
    }

    private func finished() throws -> ResultMessage.OneOf_Outcome {
        var face = Mien_V1_Face()
        face.number = 1
        (face.box.x, face.box.y, face.box.width, face.box.height) = (10, 20, 61, 76)
        face.probabilities = [0.05, 0.05, 0.1, 0.6, 0.05, 0.05, 0.1]
        var analysis = Mien_V1_Analysis()
        (analysis.width, analysis.height, analysis.previewWidth, analysis.previewHeight) = (512, 512, 512, 512)
        analysis.faces = [face]
        analysis.model.name = "mien-inception"
        analysis.model.version = "1"
        let jpeg = Data(try Site.sample())
        (analysis.annotated, analysis.clean, analysis.thumbnail) = (jpeg, jpeg, jpeg)
        return .analysis(analysis)
    }

    private func damaged() -> ResultMessage.OneOf_Outcome {
        var failure = Mien_V1_Failure()
        failure.code = "damaged"
        failure.message = "The photo is damaged."
        return .failure(failure)
    }

    @Test func whatAnEarlierTryStillSendsIsNotRecorded() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await site.recorder.record([message(id, generation: 1, damaged())]) == [true])
            #expect(try await ada.counts() == (0, 1))
            let limits = IntakeLimits(maxOpenPerUser: 9, maxOpen: 9)
            #expect(try await site.store.retry([id], owner: ada.user.id, generation: 1, limits: limits) == 1)
            // Both arrive late: the first try's failure once more, and a result that it made after all.
            #expect(try await site.recorder.record([message(id, generation: 1, damaged())]) == [false])
            #expect(try await site.recorder.record([message(id, generation: 1, finished())]) == [false])
            #expect(try await site.store.find(id, owner: ada.user.id)?.status == .queued)
            #expect(try await ada.counts() == (0, 0))
            #expect(try await site.recorder.record([message(id, generation: 2, finished())]) == [true])
            #expect(try await site.recorder.record([message(id, generation: 2, finished())]) == [false])
            let analysis = try #require(try await site.store.find(id, owner: ada.user.id))
            #expect(analysis.status == .finished)
            #expect(analysis.dominant == .emotion("happy", count: 1))
            #expect(try await ada.counts() == (1, 0))
        }
    }
}
