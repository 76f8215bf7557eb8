import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Operations
import Reports
import ServiceSupport
import Sharing

/// One analysis, its information, and what its owner does to it.
struct ResultPage: Page {
    let frame: PageFrame
    let analyses: AnalysisStore
    let operations: OperationsStore
    let deletion: PhotoDeletion
    let limits: IntakeLimits
    let own: OwnShares

    /// The fields in which the information is changed.
    struct InformationForm: CSRFForm {
        let csrf_token: String?
        let title: String?
        let subject: String?
        let notes: String?
        let tags: String?
        let taken_at: String?
        /// ``ShownInformation``
        let shown: String?

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

    /// What the address says after the information was changed.
    private static let saved = "saved"

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/analyses/:id") { request, context in
            let user = try frame.person(request, context)
            let isSaved = request.query["done"] == Self.saved
            let notice = isSaved ? "Your changes are saved." : SelectionNotice.asked(by: request)?.description
            let analysis = try await analysis(context, of: user)
            return try await resultPage(
                analysis, context, isEditing: request.query["edit"] != nil, faceForm: faceForm(request),
                notice: notice,
                sharing: OwnShares.isAsked(by: request) ? try await own.part(of: analysis, request) : nil)
        }
        router.get("/analyses/:id/shares") { request, context in
            let user = try frame.person(request, context)
            // What the form answers to is the address of no page.
            let id = try await analysis(context, of: user).id
            return Response.redirect(to: SharingModel.page(of: .analysis(id)), type: .normal)
        }
        router.post("/analyses/:id/shares") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(OwnShares.Form.self, request, context)
            return try await share(form, request, context, of: user)
        }
        router.post("/analyses/:id/information") { request, context in
            try await changeInformation(request, context)
        }
        addFaces(to: router)
        router.post("/analyses/:id/retry") { request, context in
            let user = try frame.person(request, context)
            let form = try await frame.form(RetryForm.self, request, context)
            let analysis = try await analysis(context, of: user)
            _ = try await analyses.retry(
                [analysis.id], owner: user.id, generation: form.generation ?? analysis.generation, limits: limits)
            return Response.redirect(to: "/analyses/\(analysis.id.lower)", type: .normal)
        }
        router.post("/analyses/:id/delete") { request, context in
            let user = try frame.person(request, context)
            _ = try await frame.form(EmptyForm.self, request, context)
            let analysis = try await analysis(context, of: user)
            let removal = try await deletion.delete(.some([analysis.id]), of: user, context)
            guard removal.count == 1 else { throw RequestFailure.notFound }
            return PhotoDeletion.answer(removal)
        }
        router.post("/analyses/:id/cancel") { request, context in
            let user = try frame.person(request, context)
            _ = try await frame.form(EmptyForm.self, request, context)
            return try await cancel(request, context, of: user)
        }
    }

    func resultPage(
        _ analysis: Analysis, _ context: GatewayContext, editing: EditModel? = nil, isEditing: Bool = false,
        faceForm: FaceForm? = nil, notice: String? = nil, sharing: SharingModel? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let place = try await analyses.placeInQueue(analysis)
        let neighbours = try await analyses.placeInHistory(analysis, owner: analysis.userID)
        let title = AnalysisWords.title(of: analysis)
        // A form that somebody fills in, and a link that is shown once, stay.
        let isStill = analysis.status.isTerminal || sharing != nil || editing != nil || isEditing
        let site = frame.site(
            // The title is what a screen reader says first of a page that came back.
            editing?.hasProblems == true ? "Not saved: \(title)" : title, .elsewhere, context, script: "result.js",
            and: sharing == nil ? nil : "enter.js",
            refresh: isStill ? nil : 5)
        let model = ResultModel(
            site: site, analysis: analysis, place: place, neighbours: neighbours, editing: editing,
            form: faceForm, queue: analysis.status.isTerminal ? nil : try await queue(before: analysis), notice: notice,
            canShare: own.isOn, links: try await own.count(of: analysis), sharing: sharing, binDays: deletion.binDays)
        return frame.page(.result, model, context, status: status)
    }

    /// What is known of how long an analysis waits.
    private func queue(before analysis: Analysis) async throws -> QueueFigures {
        let isQueued = analysis.status == .queued
        let workers = isQueued ? try await operations.liveWorkers() : 0
        // Sooner, none may be heard of because it has just started.
        let hasWaited = (analysis.queuedAt ?? analysis.submittedAt).timeIntervalSinceNow < -15
        return QueueFigures(
            usualSeconds: try await analyses.usualSeconds(), workers: workers,
            ahead: isQueued ? try await analyses.countAhead(of: analysis.lane) : 0,
            isUnattended: isQueued && workers == 0 && hasWaited)
    }

    private func share(
        _ form: OwnShares.Form, _ request: Request, _ context: GatewayContext, of user: User
    ) async throws -> Response {
        let analysis = try await analysis(context, of: user)
        switch try await own.make(form, of: .analysis(analysis.id), for: user, request, context) {
        case .made(let made):
            return try await resultPage(
                analysis, context, sharing: own.part(of: analysis, made: made, request))
        case .refused(let fields):
            return try await resultPage(
                analysis, context, sharing: own.part(of: analysis, fields: fields, request),
                status: .unprocessableContent)
        }
    }

    private func changeInformation(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.person(request, context)
        let form = try await frame.form(InformationForm.self, request, context)
        let analysis = try await analysis(context, of: user)
        let (about, problems) = AnalysisInformation.check(form.text)
        guard problems.isEmpty else {
            let editing = EditModel(
                about, takenAt: form.text("taken_at"), problems: problems, shown: form.shown ?? "")
            return try await resultPage(analysis, context, editing: editing, status: .unprocessableContent)
        }
        let changed = ShownInformation.changed(form.text, since: form.shown)
        guard try await analyses.update(analysis.id, owner: user.id, to: about, fields: changed) else {
            throw RequestFailure.notFound
        }
        return Response.redirect(to: "/analyses/\(analysis.id.lower)?done=\(Self.saved)", type: .normal)
    }

    /// Stops one analysis. Asked twice, it says the same; what ended otherwise stays, and the answer says so.
    private func cancel(_ request: Request, _ context: GatewayContext, of user: User) async throws -> Response {
        guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.notFound }
        let stopped = try await analyses.cancel(.some([id]), owner: user.id)
        var isCancelled = !stopped.isEmpty
        if !isCancelled { isCancelled = try await analysis(context, of: user).status == .cancelled }
        if context.wantsJSON(request) {
            guard isCancelled else { throw RequestFailure.alreadyEnded }
            return try CancelledDocument([id]).response()
        }
        // A page that was a moment late shows what came instead.
        let notice = isCancelled ? "" : "?done=\(SelectionNotice(.cancel, count: 0).text)"
        return Response.redirect(to: "/analyses/\(id.lower)\(notice)", type: .normal)
    }

    /// The analysis that the path names. Another person's is as absent as one that never was.
    func analysis(_ context: GatewayContext, of user: User) async throws -> Analysis {
        guard let id = context.parameters.get("id", as: UUID.self),
            let analysis = try await analyses.find(id, owner: user.id)
        else { throw RequestFailure.notFound }
        return analysis
    }
}
