import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Operations
import Reports
import ServiceSupport

extension WebPages {
    /// The fields in which the information is changed.
    struct InformationForm: CSRFForm {
        let csrf_token: String?
        let title: String?
        let subject: String?
        let notes: String?
        let tags: String?
        let taken_at: String?

        func text(_ field: String) -> String {
            let value =
                switch field {
                case "title": title
                case "subject": subject
                case "notes": notes
                case "tags": tags
                case "taken_at": taken_at
                default: nil as String?
                }
            return (value ?? "").asField
        }
    }

    struct RetryForm: CSRFForm {
        let csrf_token: String?
        let generation: Int?
    }

    func addAnalysisRoutes(to router: Router<GatewayContext>) {
        router.get("/analyses/new") { request, context in
            _ = try person(request, context)
            return try await newAnalysisPage(context)
        }
        router.get("/analyses/:id") { request, context in
            let user = try person(request, context)
            let notice = SelectionNotice.asked(by: request)
            return try await resultPage(analysis(context, of: user), context, notice: notice?.description)
        }
        router.post("/analyses/:id/information") { request, context in
            try await changeInformation(request, context)
        }
        router.post("/analyses/:id/retry") { request, context in
            let user = try person(request, context)
            let form = try await form(RetryForm.self, request, context)
            let analysis = try await analysis(context, of: user)
            try await retry([analysis.id], of: user, generation: form.generation ?? analysis.generation)
            return Response.redirect(to: "/analyses/\(analysis.id.lower)", type: .normal)
        }
        router.post("/analyses/:id/delete") { request, context in
            let user = try person(request, context)
            _ = try await form(EmptyForm.self, request, context)
            let analysis = try await analysis(context, of: user)
            guard try await services.analyses.delete(analysis.id, owner: user.id) else { throw RequestFailure.notFound }
            context.logger.info("Analysis deleted by its owner", metadata: ["analysis.id": "\(analysis.id)"])
            try await services.audit.record(.analysisDeleted, by: user.id, detail: "\(analysis.id)", context)
            let notice = SelectionNotice(deed: .delete, count: 1)
            return Response.redirect(to: "/analyses?done=\(notice.text)", type: .normal)
        }
        addCancelRoutes(to: router)
        addHistoryRoutes(to: router)
        addBatchRoutes(to: router)
    }

    /// The form for new photos; also the answer to one whose photos were all refused, with what was written and why.
    func newAnalysisPage(
        _ context: GatewayContext, form: UploadForm = UploadForm(), problems: [UploadProblem] = [],
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let limits = UploadLimits(
            photoBytes: services.configuration.maxPhotoBytes, photos: GatewayConfiguration.maxPhotosPerForm,
            acceptsHEIF: services.configuration.acceptsHEIF, retentionDays: services.configuration.retentionDays)
        var asks = false
        if let user = context.user { asks = try await !services.analyses.hasAcknowledged(user.id) }
        let frame = site("New analysis", .new, context, script: "new.js")
        let isPaused = services.switches.current.intakePausedAt != nil
        let model = NewAnalysisModel(
            site: frame, limits: limits, form: form, problems: problems, asksForAcknowledgement: asks,
            isPaused: isPaused)
        return page(.new, model, context, status: status)
    }

    private func resultPage(
        _ analysis: Analysis, _ context: GatewayContext, editing: EditModel? = nil, notice: String? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let place = try await services.analyses.placeInQueue(analysis)
        let neighbours = try await services.analyses.placeInHistory(analysis, owner: analysis.userID)
        let title = AnalysisWords.title(of: analysis)
        let frame = site(
            // The title is what a screen reader says first of a page that came back.
            editing?.hasProblems == true ? "Not saved: \(title)" : title, .elsewhere, context, script: "result.js",
            refresh: analysis.status.isTerminal ? nil : 2)
        let model = ResultModel(
            site: frame, analysis: analysis, place: place, neighbours: neighbours, editing: editing,
            isUnattended: try await isUnattended(analysis),
            usualSeconds: analysis.status.isTerminal ? nil : try await services.analyses.usualSeconds(), notice: notice)
        return page(.result, model, context, status: status)
    }

    /// Whether an analysis waits for longer than a worker needs to be heard of, and none is.
    private func isUnattended(_ analysis: Analysis) async throws -> Bool {
        guard analysis.status == .queued, let since = analysis.queuedAt, since.timeIntervalSinceNow < -15 else {
            return false
        }
        return try await !operations.hasWorkers()
    }

    private func changeInformation(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try person(request, context)
        let form = try await form(InformationForm.self, request, context)
        let analysis = try await analysis(context, of: user)
        let (about, problems) = AnalysisInformation.check(form.text)
        guard problems.isEmpty else {
            let editing = EditModel(about, takenAt: form.text("taken_at"), problems: problems)
            return try await resultPage(analysis, context, editing: editing, status: .unprocessableContent)
        }
        guard try await services.analyses.update(analysis.id, owner: user.id, to: about) else {
            throw RequestFailure.notFound
        }
        return Response.redirect(to: "/analyses/\(analysis.id.lower)", type: .normal)
    }

    /// Tries analyses again that ended without a result; how many they were.
    @discardableResult
    func retry(_ ids: [UUID], of user: User, generation: Int? = nil) async throws -> Int {
        let configuration = services.configuration
        return try await services.analyses.retry(
            ids, owner: user.id, generation: generation,
            limits: IntakeLimits(maxOpenPerUser: configuration.maxOpenPerUser, maxOpen: configuration.maxOpen))
    }

    /// The analysis that the path names. Another person's is as absent as one that never was.
    func analysis(_ context: GatewayContext, of user: User) async throws -> Analysis {
        guard let id = context.parameters.get("id", as: UUID.self),
            let analysis = try await services.analyses.find(id, owner: user.id)
        else { throw RequestFailure.notFound }
        return analysis
    }
}
