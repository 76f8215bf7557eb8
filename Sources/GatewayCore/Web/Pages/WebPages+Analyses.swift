import Foundation
import HTTPTypes
import Hummingbird
import Logging

extension WebPages {
    /// Analyses on one page of the history.
    static let historyLimit = 24

    func addAnalysisRoutes(to router: Router<GatewayContext>) {
        router.get("/analyses/new") { request, context in
            _ = try person(request, context)
            return newAnalysisPage(context)
        }
        router.get("/analyses") { request, context in
            try await history(request, context)
        }
        router.get("/analyses/:id") { request, context in
            let user = try person(request, context)
            let analysis = try await analysis(context, of: user)
            let place = try await services.analyses.placeInQueue(analysis)
            let frame = site(
                CardModel.title(of: analysis), .elsewhere, context, script: "result.js",
                refresh: analysis.status.isTerminal ? nil : 2)
            return page(.result, ResultModel(site: frame, analysis: analysis, place: place), context)
        }
        router.post("/analyses/:id/delete") { request, context in
            let user = try person(request, context)
            _ = try await form(EmptyForm.self, request, context)
            let analysis = try await analysis(context, of: user)
            guard try await services.analyses.delete(analysis.id, owner: user.id) else { throw RequestFailure.notFound }
            context.logger.info("Analysis deleted by its owner", metadata: ["analysis.id": "\(analysis.id)"])
            try await services.audit.record(.analysisDeleted, by: user.id, detail: "\(analysis.id)", context)
            return Response.redirect(to: "/analyses", type: .normal)
        }
    }

    /// The form for new photos; also the answer to one whose photos were all refused, with what was written and why.
    func newAnalysisPage(
        _ context: GatewayContext, form: UploadForm = UploadForm(), problems: [UploadProblem] = [],
        status: HTTPResponse.Status = .ok
    ) -> Response {
        let limits = UploadLimits(
            photoBytes: services.configuration.maxPhotoBytes, photos: GatewayConfiguration.maxPhotosPerForm)
        let frame = site("New analysis", .new, context, script: "new.js")
        return page(
            .new, NewAnalysisModel(site: frame, limits: limits, form: form, problems: problems), context, status: status
        )
    }

    private func history(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try person(request, context)
        let text = request.uri.queryParameters["before"].map(String.init)
        let cursor = text.flatMap(HistoryCursor.init(text:))
        if text != nil, cursor == nil { throw RequestFailure.notFound }
        let found = try await services.analyses.history(owner: user.id, before: cursor, limit: Self.historyLimit)
        let isOpen = found.items.contains { !$0.status.isTerminal }
        let frame = site("History", .history, context, script: "list.js", refresh: isOpen ? 5 : nil)
        return page(.history, HistoryModel(site: frame, page: found, isLater: cursor != nil), context)
    }

    /// The analysis that the path names. Another person's is as absent as one that never was.
    private func analysis(_ context: GatewayContext, of user: User) async throws -> Analysis {
        guard let id = context.parameters.get("id", as: UUID.self),
            let analysis = try await services.analyses.find(id, owner: user.id)
        else { throw RequestFailure.notFound }
        return analysis
    }
}
