import Contracts
import Foundation

@testable import Analyses
@testable import GatewayCore

extension ResultMessage {
    /// One happy face.
    static func happy(_ id: UUID, generation: Int) -> ResultMessage {
        var face = Mien_V1_Face()
        face.number = 1
        (face.box.x, face.box.y, face.box.width, face.box.height) = (10, 20, 61, 76)
        face.probabilities = [0.05, 0.05, 0.1, 0.6, 0.05, 0.05, 0.1]
        var analysis = Mien_V1_Analysis()
        (analysis.width, analysis.height, analysis.previewWidth, analysis.previewHeight) = (512, 512, 512, 512)
        analysis.faces = [face]
        analysis.model.name = "mien-inception"
        analysis.model.version = "1"
        let jpeg = Data([0xFF, 0xD8, 0xFF])
        (analysis.annotated, analysis.clean, analysis.thumbnail) = (jpeg, jpeg, jpeg)
        return message(id, generation, .analysis(analysis))
    }

    /// A refusal.
    static func damaged(_ id: UUID, generation: Int) -> ResultMessage {
        var failure = Mien_V1_Failure()
        failure.code = "damaged"
        failure.message = "The photo is damaged."
        return message(id, generation, .failure(failure))
    }

    private static func message(_ id: UUID, _ generation: Int, _ outcome: OneOf_Outcome) -> ResultMessage {
        var message = ResultMessage()
        message.analysisID = id.lower
        message.generation = UInt32(generation)
        message.outcome = outcome
        return message
    }
}
