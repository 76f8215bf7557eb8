import Accounts
import Analyses
import Foundation
import Hummingbird
import Logging
import Metrics
import Operations

/// Takes photos in: `POST /analyses`.
struct SubmissionRoutes: Sendable {
    let analyses: AnalysisStore
    let reader: UploadReader
    let limits: IntakeLimits
    let disk: DiskSpace
    let switches: SiteSwitches
    let csrf: CSRF
    let pages: any SubmissionPages

    func add(to router: some RouterMethods<GatewayContext>) {
        router.post("/analyses", use: submit)
    }

    @Sendable func submit(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let answer = SubmissionAnswer(request: request, context: context, pages: pages)
        guard let user = context.user else { throw LoginRedirect(target: LocalPath.home) }
        do {
            try switches.requireIntake()
            try disk.check()
            return try await reader.withForm(request, of: user.id) { form in
                let token = form.fields[CSRF.fieldName] ?? request.headers[CSRF.headerName]
                guard CSRF.comesFromThisSite(request), csrf.verify(token, in: context) else {
                    throw RequestFailure.forgedRequest
                }
                return try await take(form, owner: user.id, answer: answer)
            }
        } catch let error as UploadError {
            return try await answer.refused(error)
        } catch let error as MultipartParser.Malformed {
            return try await answer.malformed(error)
        } catch let error as IntakeRefusal {
            return try await answer.refused(error)
        }
    }

    /// Stores the photos that are fine; the others are answered with what is wrong with them.
    private func take(_ form: SubmittedForm, owner: UUID, answer: SubmissionAnswer) async throws -> Response {
        var outcome = SubmissionOutcome(form: form)
        if form.acknowledges {
            try await analyses.acknowledge(owner)
        } else if form.asksForAcknowledgement, try await !analyses.hasAcknowledged(owner) {
            outcome.fieldProblems["acknowledged"] = "Tick the box on responsible use first."
        }
        guard outcome.fieldProblems.isEmpty, !form.photos.isEmpty else {
            return try await answer.show(outcome)
        }
        outcome.batch = try batch(of: form)
        for photo in form.photos { try await take(photo, owner: owner, answer: answer, outcome: &outcome) }
        for id in outcome.accepted {
            answer.context.logger.info(
                "Photo stored",
                metadata: ["analysis.id": "\(id.uuidString.lowercased())", "request.id": "\(answer.context.requestID)"])
        }
        Counter(label: "mien_photos_accepted").increment(by: outcome.accepted.count)
        return try await answer.show(outcome)
    }

    private func take(
        _ photo: UploadedPhoto, owner: UUID, answer: SubmissionAnswer, outcome: inout SubmissionOutcome
    ) async throws {
        guard let contentType = photo.contentType, photo.problem == nil else {
            return outcome.add(photo, .refused(photo.problem ?? .empty))
        }
        let isBulk = outcome.batch != nil || outcome.form.text("lane") == AnalysisLane.bulk.rawValue
        let submission = Submission(
            owner: owner, lane: isBulk ? .bulk : .interactive, information: outcome.information, batch: outcome.batch,
            fileName: photo.fileName, contentType: contentType, bytes: photo.content.bytes,
            requestID: answer.context.requestID)
        do {
            outcome.add(photo, .accepted(try await analyses.submit(submission, limits: limits)))
        } catch let refusal as IntakeRefusal {
            // Earlier photos of the form are in: say so, rather than let them be sent again.
            outcome.add(photo, .postponed(refusal))
        }
    }

    /// Several photos in one form are a batch; so are those that are sent one by one under the same `batch`, as the page's
    /// script does to tell the progress of each.
    private func batch(of form: SubmittedForm) throws -> BatchReference? {
        let text = form.text("batch")
        let isMember = form.text("batch_member") == "yes"
        guard form.photos.count > 1 || isMember else { return nil }
        guard text.isEmpty || UUID(uuidString: text) != nil else { throw RequestFailure.badForm }
        return BatchReference(id: UUID(uuidString: text) ?? .timeOrdered(), title: form.text("title"))
    }
}

/// What became of a form's photos.
struct SubmissionOutcome: Sendable {
    let form: SubmittedForm
    let information: AnalysisInformation
    var fieldProblems: [String: String]
    /// The batch that the photos belong to; nil for a single one.
    var batch: BatchReference?
    private(set) var photos: [(fileName: String, result: Result)] = []

    enum Result: Sendable {
        case accepted(UUID)
        case refused(UploadedPhoto.Problem)
        case postponed(IntakeRefusal)
    }

    init(form: SubmittedForm) {
        self.form = form
        (information, fieldProblems) = form.checked
    }

    mutating func add(_ photo: UploadedPhoto, _ result: Result) {
        photos.append((photo.fileName, result))
    }

    /// The new analyses.
    var accepted: [UUID] {
        photos.compactMap { if case .accepted(let id) = $0.result { id } else { nil } }
    }

    /// What to say of the photos that were not taken, each naming its file.
    var problems: [(fileName: String, code: String, message: String)] {
        photos.compactMap { name, result in
            switch result {
            case .accepted: nil
            case .refused(let problem): (name, problem.code, problem.message(fileName: name))
            case .postponed(let refusal): (name, refusal.code, "\(name): \(refusal.message)")
            }
        }
    }

    /// The answer's status when nothing was taken.
    var refusalStatus: HTTPResponse.Status {
        if form.photos.isEmpty || !fieldProblems.isEmpty { return .unprocessableContent }
        for (_, result) in photos {
            switch result {
            case .postponed(let refusal): return refusal.status
            case .refused(.tooLarge), .refused(.formTooLarge): return .contentTooLarge
            case .refused(.notAPhoto): return .unsupportedMediaType
            case .accepted, .refused(.empty): continue
            }
        }
        return .unprocessableContent
    }

    /// Seconds for the Retry-After header.
    var retryAfter: Int? {
        photos.compactMap { if case .postponed(let refusal) = $0.result { refusal.retryAfter } else { nil } }.max()
    }
}

/// The pages that a submission may end on; made by Web.
protocol SubmissionPages: Sendable {
    /// The form again, with its values and what was wrong.
    func form(
        _ outcome: SubmissionOutcome?, notice: String?, status: HTTPResponse.Status, request: Request,
        context: GatewayContext
    ) async throws -> Response
}
