import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Metrics

extension ClaimRoutes {
    /// Takes the pictures of a photo from the worker that holds its claim.
    @Sendable func take(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { return Response(status: .gone) }
        guard let generation = ticket(request, id)?.generation else { return Response(status: .forbidden) }
        let answer = try await take(request, of: id, generation: generation)
        let metadata: Logger.Metadata = ["analysis.id": "\(id.uuidString.lowercased())", "answer": "\(answer.word)"]
        if case .unfit(let reason) = answer {
            context.logger.error(
                "Pictures refused", metadata: metadata.merging(["reason": "\(reason)"]) { _, new in new })
        } else {
            context.logger.debug("Pictures handed over", metadata: metadata)
        }
        Counter(label: "mien_pictures", dimensions: [("outcome", answer.word)]).increment()
        return Response(status: answer.status)
    }

    private func take(_ request: Request, of id: UUID, generation: Int) async throws -> HandOver {
        guard let attempt = request.headers[.mienAttempt].flatMap({ Int32($0) }) else {
            return .unfit("no Mien-Attempt header")
        }
        do {
            let pictures = try await PicturesReader().read(request)
            let isStored = try await HandedPictures.store(
                pictures, of: id, generation: generation, attempt: Int(attempt), in: database)
            return isStored ? .stored : .gone
        } catch PicturesReader.Refusal.unfit(let reason) {
            return .unfit(reason)
        } catch PicturesReader.Refusal.tooSlow {
            return .tooSlow
        }
    }

    private enum HandOver {
        case stored
        /// The analysis has ended, was deleted, or is in a later attempt.
        case gone
        case unfit(String)
        case tooSlow

        var word: String {
            switch self {
            case .stored: "stored"
            case .gone: "gone"
            case .unfit: "unfit"
            case .tooSlow: "too_slow"
            }
        }

        var status: HTTPResponse.Status {
            switch self {
            case .stored: .noContent
            case .gone: .gone
            case .unfit: .unprocessableContent
            case .tooSlow: .requestTimeout
            }
        }
    }
}
