import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Operations
import Reports
import ServiceSupport

/// The API for programs, version 1: JSON in and out. `Static/openapi.json` describes it, and is the contract.
struct APIRoutes: Sendable {
    let services: GatewayServices
    let accounts: AccountStore
    let csrf: CSRF
    /// What `/api/v1/openapi.json` answers.
    let description: ByteBuffer
    let reader: UploadReader
    let intake: PhotoIntake

    static let prefix = "/api/v1"
    static let path = PathParts(prefix)

    var analyses: AnalysisStore { services.analyses }

    func add(to router: Router<GatewayContext>) {
        let api = router.group(RouterPath(Self.prefix))
        addAnalyses(to: api)
        addCorrections(to: api)
        addBatches(to: api)
        addShares(to: api)
        addWebhooks(to: api)
        addSite(to: api)
    }

    /// What a request says. One that changes something for a browser's session has to come from a page of ours; no
    /// browser sends an API token by itself.
    func asked(_ request: Request, _ context: GatewayContext) throws -> APIRequest {
        let reads = request.method == .get || request.method == .head
        if !reads, context.user != nil, !context.hasToken {
            guard CSRF.comesFromThisSite(request), csrf.verify(request.headers[CSRF.headerName], in: context)
            else { throw RequestFailure.forgedRequest }
        }
        return APIRequest(request: request, context: context)
    }

    private func addAnalyses(to api: RouterGroup<GatewayContext>) {
        let former = AnalysisRoutes(analyses: analyses, changes: services.changes)
        api.post("/analyses") { try await submit(asked($0, $1)) }
        api.get("/analyses") { try await list(asked($0, $1)) }
        api.get("/analyses/{id}") { request, context in
            let asked = try asked(request, context)
            _ = try asked.user
            try asked.checkQuery(["wait"])
            try asked.checkWait()
            return try await former.document(request, context)
        }
        api.patch("/analyses/{id}") { try await change(asked($0, $1)) }
        api.delete("/analyses/{id}") { try await delete(asked($0, $1)) }
        api.post("/analyses/{id}/cancel") { try await cancel(asked($0, $1)) }
        api.post("/analyses/{id}/retry") { try await retry(asked($0, $1)) }
        api.post("/analyses/{id}/restore") { try await restore(asked($0, $1)) }
        api.get("/analyses/{id}/photo") { try await photo(asked($0, $1)) }
        api.get("/analyses/{id}/report") { try await report(asked($0, $1)) }
        for kind in PreviewKind.allCases {
            api.get(RouterPath("/analyses/{id}/\(kind.rawValue)")) { request, context in
                _ = try asked(request, context).user
                return try await former.picture(kind, request, context)
            }
        }
        let drawn = DrawnPictureRoutes(database: services.database, changes: services.changes)
        for (path, answer) in [("full", drawn.full), ("annotated", drawn.annotated)] {
            api.get(RouterPath("/analyses/{id}/\(path)")) { request, context in
                let asked = try asked(request, context)
                _ = try asked.user
                try asked.checkWait()
                return try await answer(request, context)
            }
        }
        api.get("/analyses/{id}/faces/{number}/why") { request, context in
            _ = try asked(request, context).user
            return try await former.why(request, context)
        }
    }
}

/// Photos in.
extension APIRoutes {
    /// What was taken of photos that were sent, and what was not.
    struct Taken: Encodable {
        struct Refused: Encodable {
            let file: String
            let code: String
            let detail: String
        }

        let analyses: [AnalysisDocument]
        /// The ids of those that were there before, where that was asked for.
        let returned: [String]
        let batch: String?
        let refused: [Refused]
    }

    private func submit(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        try asked.checkQuery([])
        let key = try asked.idempotencyKey
        try await intake.check(key, of: user.id)
        let accepted: Accepted
        switch asked.contentType {
        case "multipart/form-data":
            accepted = try await reader.withForm(asked.request, of: user.id) { try await take($0, key, asked) }
        case "application/json":
            accepted = try await JSONSubmission(reader: reader).withForm(asked.request, of: user.id) {
                try await take($0, key, asked)
            }
        default: throw RequestFailure.unsupportedMedia("multipart/form-data or application/json")
        }
        return try await answer(accepted, asked)
    }

    /// What became of photos, without them: whoever prefers to wait for the results holds no memory meanwhile.
    private struct Accepted {
        let ids: [UUID]
        let earlier: Set<UUID>
        let batch: UUID?
        let refused: [Taken.Refused]
    }

    private func take(_ form: SubmittedForm, _ key: String?, _ asked: APIRequest) async throws -> Accepted {
        let user = try asked.user
        var problems = form.checked.problems
        if let lane = form.fields["lane"], AnalysisLane(rawValue: lane) == nil {
            problems["lane"] = "It takes interactive or bulk."
        }
        if let batch = form.fields["batch"], UUID(uuidString: batch) == nil {
            problems["batch"] = "It takes the id of a batch."
        }
        let ifDuplicate = IfDuplicate(rawValue: form.fields[IfDuplicate.field] ?? IfDuplicate.analyse.rawValue)
        if ifDuplicate == nil { problems[IfDuplicate.field] = "It takes analyse or return." }
        let known =
            ["title", "subject", "notes", "tags", "taken_at", "lane", "batch", IfDuplicate.field] + PhotoHandling.fields
        let unknown = "This field is not known; there are: photo, \(known.joined(separator: ", "))."
        for name in form.fields.keys where !known.contains(name) {
            problems[String(name.prefix(60))] =
                name == "photo" ? "It takes a file: the part of a photo has a file name." : unknown
        }
        // Passed over, it would be lost without a word: a photo, or what is to be done with one.
        for name in form.asFiles {
            problems[String(name.prefix(60))] =
                known.contains(name) ? "It takes a text: only the part of a photo has a file name." : unknown
        }
        for name in form.repeated { problems[name] = "It was sent more than once." }
        guard problems.isEmpty else { throw RequestFailure.badFields(problems) }
        guard !form.photos.isEmpty else { throw RequestFailure.noPhoto }
        var member = form
        // One photo under a batch's id belongs to it.
        if form.fields["batch"] != nil { member.fields["batch_member"] = "yes" }
        let request = key.map { IdempotentRequest(owner: user.id, key: $0, parts: form.digestParts) }
        let outcome = try await intake.take(
            member, owner: user.id, requestID: asked.context.requestID, trace: asked.context.trace,
            ifDuplicate: ifDuplicate ?? .analyse, as: request)
        guard !outcome.accepted.isEmpty else { throw refusal(outcome) }
        return Accepted(
            ids: outcome.accepted.unique, earlier: outcome.earlier, batch: outcome.batch?.id,
            refused: outcome.problems.map { .init(file: $0.fileName, code: $0.code, detail: $0.message) })
    }

    /// Nothing was taken.
    private func refusal(_ outcome: SubmissionOutcome) -> RequestFailure {
        let problems = outcome.problems.map { (code: $0.code, words: "\($0.fileName): \($0.message)") }
        var errors: [String: String] = [:]
        for (index, problem) in problems.enumerated() { errors["photos[\(index)]"] = problem.words }
        let first = problems.first
        return RequestFailure(
            status: outcome.refusalStatus, code: first?.code ?? "no_photo", title: "No photo was taken",
            message: first?.words ?? RequestFailure.noPhoto.message, retryAfter: outcome.retryAfter, errors: errors)
    }

    /// 200 when nothing is new, 201 when everything has ended within the time that was preferred, else 202.
    private func answer(_ accepted: Accepted, _ asked: APIRequest) async throws -> Response {
        let owner = try asked.user.id
        var found = try await documents(accepted.ids, owner: owner)
        var headers: HTTPFields = [:]
        if let seconds = asked.preferredWait {
            headers[HTTPField.Name("Preference-Applied")!] = "wait=\(seconds)"
            found = try await wait(for: accepted.ids, owner: owner, seconds: seconds)
        }
        if let only = accepted.ids.first, accepted.ids.count == 1 {
            headers[.location] = "\(Self.prefix)/analyses/\(only.lower)"
        } else if let batch = accepted.batch {
            headers[.location] = "\(Self.prefix)/batches/\(batch.lower)"
        }
        let hasEnded = found.allSatisfy(\.status.isTerminal) && asked.preferredWait != nil
        let returned = accepted.ids.filter(accepted.earlier.contains)
        let taken = Taken(
            analyses: found, returned: returned.map(\.lower), batch: accepted.batch?.lower, refused: accepted.refused)
        let status: HTTPResponse.Status =
            returned.count == accepted.ids.count ? .ok : hasEnded ? .created : .accepted
        return try APIAnswer.json(taken, status: status, headers: headers)
    }

    /// The documents once all have ended, or after so many seconds.
    private func wait(for ids: [UUID], owner: UUID, seconds: Int) async throws -> [AnalysisDocument] {
        let end = ContinuousClock.now + .seconds(seconds)
        for id in ids {
            let left = end - ContinuousClock.now
            guard left > .zero else { break }
            _ = try await services.changes.observe(id, timeout: left) {
                try await analyses.find(id, owner: owner)?.status
            } isDone: {
                $0?.isTerminal ?? true
            }
        }
        return try await documents(ids, owner: owner)
    }

    /// In the order of the ids; without those that were deleted meanwhile.
    private func documents(_ ids: [UUID], owner: UUID) async throws -> [AnalysisDocument] {
        let found = try await analyses.find(ids, owner: owner)
        var documents: [AnalysisDocument] = []
        for id in ids {
            guard let analysis = found.first(where: { $0.id == id }) else { continue }
            documents.append(try await document(analysis))
        }
        return documents
    }

    private func document(_ analysis: Analysis) async throws -> AnalysisDocument {
        AnalysisDocument(analysis, placeInQueue: try await analyses.placeInQueue(analysis))
    }
}

/// What was sent.
extension APIRoutes {
    /// A page of a list.
    struct AnalysisList: Encodable {
        let analyses: [AnalysisDocument]
        /// What `cursor` takes for the next page; `null` on the last.
        @Present var next: String?
    }

    private func list(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        try asked.checkQuery([
            "q", "emotion", "state", "tag", "subject", "from", "until", "dates", "order", "in_bin", "limit", "cursor",
        ])
        // A page's form sends its empty fields; a program that sends one has lost a value.
        for name in ["emotion", "state", "from", "until", "dates", "order"]
        where asked.request.query[name]?.asField == "" {
            throw RequestFailure.badQuery([name: "It is empty."])
        }
        let filter = try HistoryFilter(in: PersonalTime.current) { asked.request.query[$0] }
        let page =
            try asked.flag("in_bin")
            ? try await analyses.bin(owner: user.id, filter: filter, before: asked.cursor, limit: asked.limit)
            : try await analyses.history(owner: user.id, filter: filter, before: asked.cursor, limit: asked.limit)
        // A list tells no places: each would be a query.
        return try APIAnswer.json(
            AnalysisList(
                analyses: page.items.map { AnalysisDocument($0, placeInQueue: nil) }, next: page.next?.text))
    }

    private func change(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let id = try asked.id
        var fields = try await asked.json()
        guard let analysis = try await analyses.find(id, owner: user.id) else { throw RequestFailure.notFound }
        var texts = analysis.information.texts
        // JSON Merge Patch (RFC 7396): what is not sent stays, and null empties.
        let sent = AnalysisInformation.fields.filter { fields.has($0) }
        for name in sent where name != "tags" { texts[name] = fields.text(name) ?? "" }
        if sent.contains("tags") { texts["tags"] = fields.tags("tags") ?? "" }
        fields.end()
        let (changed, problems) = AnalysisInformation.check { (texts[$0] ?? "").asField }
        let all = fields.problems.merging(problems) { ours, _ in ours }
        guard all.isEmpty else { throw RequestFailure.badFields(all) }
        guard try await analyses.update(id, owner: user.id, to: changed, fields: sent),
            let now = try await analyses.find(id, owner: user.id)
        else { throw RequestFailure.notFound }
        return try APIAnswer.json(try await document(now))
    }

    private func delete(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let id = try asked.id
        try asked.checkQuery(["permanent"])
        if try asked.flag("permanent") {
            guard try await analyses.delete(id, owner: user.id) else { throw RequestFailure.notFound }
            await services.audit.record(.analysisDeleted, by: user.id, detail: id.lower, asked.context)
        } else {
            let removal = try await deletion.delete(.some([id]), of: user, asked.context)
            guard removal.count == 1 else { throw RequestFailure.notFound }
        }
        return Response(status: .noContent)
    }

    var deletion: PhotoDeletion {
        PhotoDeletion(analyses: analyses, audit: services.audit, binDays: services.configuration.binDays)
    }

    /// Takes it out of the bin; asked twice, it says the same.
    private func restore(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let id = try asked.id
        if try await analyses.restore(.some([id]), owner: user.id) > 0 {
            await services.audit.record(.analysisRestored, by: user.id, detail: id.lower, asked.context)
        }
        guard let analysis = try await analyses.find(id, owner: user.id) else { throw RequestFailure.notFound }
        return try APIAnswer.json(try await document(analysis))
    }

    private func cancel(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let id = try asked.id
        let stopped = try await analyses.cancel(.some([id]), owner: user.id)
        guard let analysis = try await analyses.find(id, owner: user.id) else { throw RequestFailure.notFound }
        // Asked twice, it says the same.
        guard !stopped.isEmpty || analysis.status == .cancelled else { throw RequestFailure.alreadyEnded }
        return try APIAnswer.json(try await document(analysis))
    }

    private func retry(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let id = try asked.id
        guard try await analyses.find(id, owner: user.id) != nil else { throw RequestFailure.notFound }
        guard try await analyses.retry([id], owner: user.id, limits: intake.limits) == 1 else {
            throw RequestFailure.notEnded
        }
        guard let analysis = try await analyses.find(id, owner: user.id) else { throw RequestFailure.notFound }
        return try APIAnswer.json(try await document(analysis), status: .accepted)
    }

    private func photo(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        let id = try asked.id
        guard let (type, bytes) = try await analyses.photo(id, owner: user.id) else {
            let isThere = try await analyses.find(id, owner: user.id) != nil
            throw isThere ? RequestFailure.photoGone : .notFound
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: type, .cacheControl: "private, no-cache",
                // It is what somebody sent: a browser saves it and shows nothing.
                .contentDisposition: "attachment; filename=\"mien-\(id.lower)\"",
            ], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func report(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        guard let analysis = try await analyses.find(asked.id, owner: user.id) else { throw RequestFailure.notFound }
        return try await ReportRoutes.pdf(of: analysis, analyses, services.printer)
    }
}

extension Array where Element: Hashable {
    /// Each once, in their order.
    fileprivate var unique: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}

/// Encodes nil as `null`, where a name has to be there.
@propertyWrapper
struct Present<Value: Encodable & Sendable>: Encodable, Sendable {
    let wrappedValue: Value?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}
