import Foundation

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// Every page in every state that it can have.
struct Gallery {
    struct Picture: Sendable {
        let name: String
        let page: Templates.Page
        let model: any Sendable
    }

    static func all() throws -> [Picture] {
        try visitorPages() + AccountGallery.pages() + OperationsGallery.pages() + listPages() + newPages()
            + resultPages() + batchPages() + apiPages() + TrendGallery.pages() + ShareGallery.pages()
    }

    private static func apiPages() throws -> [Picture] {
        let document = Fixtures.web.appendingPathComponent("Static/openapi.json")
        return [
            Picture(
                name: "api", page: .api,
                model: try APIPageModel(
                    site: try Fixtures.site("For programs", user: nil), document: try Data(contentsOf: document),
                    address: "https://mien.example.org"))
        ]
    }

    private static func visitorPages() throws -> [Picture] {
        let visitor = try Fixtures.site("Log in", user: nil)
        let wrong = AccountErrors(errors: [.nameMissing, .emailTaken, .passwordCommon])
        return [
            Picture(name: "landing", page: .landing, model: LandingModel(site: visitor, isNew: false)),
            Picture(name: "landing-new", page: .landing, model: LandingModel(site: visitor, isNew: true)),
            Picture(
                name: "landing-strict", page: .landing,
                model: LandingModel(site: visitor, isNew: false, binDays: 0, canShare: false)),
            Picture(name: "register", page: .register, model: RegisterModel(site: visitor)),
            Picture(
                name: "register-wrong", page: .register,
                model: RegisterModel(site: visitor, name: "", email: "ada@example.org", errors: wrong)),
            Picture(name: "login", page: .login, model: LoginModel(site: visitor)),
            Picture(
                name: "login-wrong", page: .login,
                model: LoginModel(site: visitor, email: "ada@example.org", next: "/analyses", problem: "Wrong.")),
            Picture(
                name: "login-unsaved", page: .login,
                model: LoginModel(site: visitor, next: "/analyses", isUnsaved: true)),
            Picture(
                name: "login-provider", page: .login,
                model: LoginModel(
                    site: visitor, ways: LogInWays(provider: "Keyring", providerRegisters: true), next: "/trends")),
            Picture(
                name: "login-provider-only", page: .login,
                model: LoginModel(
                    site: visitor, ways: LogInWays(provider: "Keyring", takesPasswords: false), problem: "Too long ago."
                )),
            Picture(
                name: "register-provider", page: .register,
                model: RegisterModel(site: visitor, provider: LogInWays(provider: "Keyring").button())),
            Picture(
                name: "register-provider-only", page: .register,
                model: RegisterModel(site: visitor, provider: LogInWays(provider: "Keyring").button(), takesForm: false)
            ),
            Picture(
                name: "error-provider", page: .error,
                model: ErrorModel(
                    site: visitor, failure: .accountExists("Keyring", "ada@example.org", takesPasswords: true),
                    requestID: "5f0c")),
            Picture(
                name: "error-404", page: .error,
                model: ErrorModel(site: visitor, failure: .notFound, requestID: "5f0c")),
            Picture(
                name: "error-429", page: .error,
                model: ErrorModel(
                    site: try Fixtures.site("Busy"), failure: .tooManyRequests(retryAfter: 40), requestID: "5f0c")),
        ]
    }

    private static func listPages() throws -> [Picture] {
        let analyses = [
            Fixtures.analysis(.queued), Fixtures.analysis(.processing, title: ""),
            Fixtures.analysis(.finished, faces: Fixtures.faces, tags: ["family", "summer holiday", "lake", "boat"]),
            Fixtures.analysis(.failed), Fixtures.analysis(.cancelled),
            Fixtures.analysis(.finished), Fixtures.analysis(.finished, faces: [Fixtures.face(1, "surprise", 0.9)]),
        ]
        let cursor = ListCursor(time: Fixtures.now, id: UUID())
        let filter = try HistoryFilter(in: .gmt) {
            ["q": "roof", "emotion": "happy", "state": "finished", "tag": "family", "from": "2026-11-01"][$0]
        }
        var byTaken = HistoryFilter()
        byTaken.order = .taken
        let home = try Fixtures.site("Home", place: .home, script: "list.js", refresh: 5)
        let history = try Fixtures.site("History", place: .history, script: "list.js")
        return [
            Picture(
                name: "home", page: .home,
                model: HomeModel(
                    site: home, user: Fixtures.user, recent: analyses, isNew: false, spans: spans(4, 2),
                    trend: TrendGallery.trend(), tags: ["family", "summer holiday"], now: Fixtures.now)),
            Picture(
                name: "home-empty", page: .home,
                model: HomeModel(
                    site: home, user: Fixtures.user, recent: [], isNew: true, spans: spans(0, 0),
                    trend: TrendGallery.trend(faces: 0), now: Fixtures.now)),
            Picture(
                name: "history", page: .history,
                model: HistoryModel(
                    site: history, page: HistorySlice(items: analyses + analyses, next: cursor), filter: filter,
                    cursor: cursor, count: HistoryCount(found: 1001, byLook: nil),
                    suggestions: ["family", "summer holiday"],
                    searches: [SavedSearch(id: UUID(), name: "Sad at school", query: HistoryModel.query(filter))],
                    notice: "2 photos deleted.", undo: BinAct(at: Fixtures.now), now: Fixtures.now)),
            Picture(
                name: "history-more", page: .history,
                model: HistoryModel(
                    site: history, page: HistorySlice(items: analyses, next: cursor), filter: byTaken,
                    count: HistoryCount(found: 37, byLook: ["happy": 37]), binDays: 0, now: Fixtures.now)),
            Picture(
                name: "bin", page: .bin,
                model: BinModel(
                    site: history, page: HistorySlice(items: analyses, next: cursor), cursor: cursor,
                    figures: BinFigures(photos: 37, bytes: 12_000_000), terms: BinTerms(binDays: 30, retentionDays: 0),
                    notice: "2 photos put back.", now: Fixtures.now)),
            Picture(
                name: "bin-empty", page: .bin,
                model: BinModel(
                    site: history, page: HistorySlice(items: [], next: nil), figures: BinFigures(photos: 0, bytes: 0),
                    terms: BinTerms(binDays: 0, retentionDays: 0))),
            Picture(
                name: "history-empty", page: .history,
                model: HistoryModel(site: history, page: HistorySlice(items: [], next: nil))),
            Picture(
                name: "history-none-found", page: .history,
                model: HistoryModel(site: history, page: HistorySlice(items: [], next: nil), filter: filter)),
            Picture(
                name: "history-backwards", page: .history,
                model: HistoryModel(
                    site: history, page: HistorySlice(items: [], next: nil),
                    filter: try HistoryFilter(in: .gmt) { ["from": "2026-11-24", "until": "2026-11-01"][$0] })),
            Picture(
                name: "history-end", page: .history,
                model: HistoryModel(site: history, page: HistorySlice(items: [], next: nil), cursor: cursor)),
        ]
    }

    private static func newPages() throws -> [Picture] {
        let site = try Fixtures.site("New analysis", place: .new, script: "new.js")
        let limits = UploadLimits(photoBytes: 10 << 20, photos: 200)
        let ways = LogInWays(provider: "Keyring")
        let problems = [
            UploadProblem(
                fileName: "holiday.heic", message: "HEIC photos are not accepted. Use JPEG, PNG or WebP."),
            UploadProblem(fileName: "", message: "The whole form may have at most 20 photos."),
        ]
        return [
            Picture(name: "new", page: .new, model: NewAnalysisModel(site: site, limits: limits)),
            Picture(
                name: "new-paused", page: .new,
                model: NewAnalysisModel(site: site, limits: limits, isPaused: true, user: Fixtures.user)),
            Picture(
                name: "new-provider", page: .new,
                model: NewAnalysisModel(site: site, limits: limits, user: Fixtures.user, ways: ways)),
            Picture(
                name: "new-provider-only", page: .new,
                model: NewAnalysisModel(
                    site: site, limits: limits, user: Fixtures.user,
                    ways: LogInWays(provider: "Keyring", takesPasswords: false))),
            Picture(
                name: "new-wrong", page: .new,
                model: NewAnalysisModel(
                    site: site, limits: limits, form: UploadForm(title: "Trip", subject: "Us", notes: "Day 2"),
                    problems: problems, asksForAcknowledgement: false)),
        ]
    }

    private static func batchPages() throws -> [Picture] {
        let site = try Fixtures.site("Photos sent together", place: .history, script: "list.js", refresh: 3)
        func batch(_ name: String, _ analyses: [Analysis]) -> Picture {
            let slice = Fixtures.batch("Trip", analyses)
            return Picture(name: name, page: .batch, model: BatchModel(site: site, slice: slice, now: Fixtures.now))
        }
        let finished = Fixtures.analysis(.finished, faces: Fixtures.faces)
        return [
            batch("batch", [finished, Fixtures.analysis(.queued), Fixtures.analysis(.failed)]),
            batch("batch-done", [finished, finished]),
            batch("batch-cancelled", [finished, Fixtures.analysis(.failed), Fixtures.analysis(.cancelled)]),
            Picture(
                name: "batch-notice", page: .batch,
                model: BatchModel(
                    site: site,
                    slice: Fixtures.batch("", [Fixtures.analysis(.cancelled)]),
                    notice: "1 analysis cancelled.", now: Fixtures.now)),
            batch("batch-empty", []),
            Picture(
                name: "batch-page", page: .batch,
                model: BatchModel(
                    site: site,
                    slice: Fixtures.batch(
                        "Trip", Array(repeating: finished, count: BatchPages.length), of: 200, failed: 3),
                    part: .finished, page: 2, now: Fixtures.now)),
            Picture(
                name: "batch-none", page: .batch,
                model: BatchModel(
                    site: site, slice: Fixtures.batch("Trip", [], of: 2, failed: 0), part: .failed, now: Fixtures.now)),
        ]
    }

    private static func resultPages() throws -> [Picture] {
        let site = try Fixtures.site("On the roof", script: "result.js")
        let waiting = try Fixtures.site("On the roof", script: "result.js", refresh: 2)
        func result(_ name: String, _ site: Site, _ analysis: Analysis, place: Int? = nil) -> Picture {
            Picture(
                name: name, page: .result,
                model: ResultModel(site: site, analysis: analysis, place: place, now: Fixtures.now))
        }
        return [
            result("result-queued", waiting, Fixtures.analysis(.queued), place: 3),
            Picture(
                name: "result-unattended", page: .result,
                model: ResultModel(
                    site: waiting, analysis: Fixtures.analysis(.queued), place: 1,
                    queue: QueueFigures(usualSeconds: 1, isUnattended: true), now: Fixtures.now)),
            Picture(
                name: "result-processing", page: .result,
                model: ResultModel(
                    site: waiting, analysis: Fixtures.analysis(.processing), place: nil,
                    queue: QueueFigures(usualSeconds: 1.4), now: Fixtures.now)),
            result(
                "result", site,
                Fixtures.analysis(
                    .finished, notes: "First day.\nIn training.", faces: Fixtures.faces, attempts: 2,
                    tags: ["family", "summer holiday"], batch: UUID())),
            Picture(
                name: "result-crowd", page: .result,
                model: ResultModel(
                    site: site,
                    analysis: Fixtures.analysis(.finished, faces: Fixtures.crowd, size: (1600, 1000)), place: nil,
                    neighbours: HistoryPlace(newer: UUID(), older: UUID(), newerCount: 2, olderCount: 14),
                    now: Fixtures.now)),
            Picture(
                name: "result-edit-wrong", page: .result,
                model: ResultModel(
                    site: site, analysis: Fixtures.analysis(.finished), place: nil,
                    neighbours: HistoryPlace(newer: nil, older: UUID(), newerCount: 0, olderCount: 1),
                    editing: EditModel(
                        AnalysisInformation(title: "x"), takenAt: "yesterday",
                        problems: [
                            "title": "Too long.", "subject": "Too long.", "tags": "Too many.",
                            "taken_at": "Write the day.", "notes": "Too long.",
                        ]),
                    now: Fixtures.now)),
            Picture(
                name: "result-notice", page: .result,
                model: ResultModel(
                    site: site, analysis: Fixtures.analysis(.finished), place: nil,
                    notice: "Nothing was cancelled: it had ended already.", now: Fixtures.now)),
            result("result-corrected", site, Fixtures.corrected()),
            Picture(
                name: "result-correcting", page: .result,
                model: ResultModel(
                    site: site, analysis: Fixtures.corrected(), place: nil,
                    form: .correcting(number: 1, problem: "Choose how it appears."), now: Fixtures.now)),
            Picture(
                name: "result-marking", page: .result,
                model: ResultModel(
                    site: site, analysis: Fixtures.corrected(), place: nil,
                    form: .marking(
                        MarkForm(left: "12", top: "9.5", width: "20", height: "30", look: "sad", may_train: "yes"),
                        problem: "The box is too small."), now: Fixtures.now)),
            result("result-none", site, Fixtures.analysis(.finished, size: (600, 900))),
            result(
                "result-whole", site,
                Fixtures.analysis(.finished, faces: [Fixtures.face(1, "fear", 0.55)], facesCut: true, faceCrop: true)),
            result(
                "result-turned", site,
                Fixtures.analysis(.finished, faces: Fixtures.faces, rotation: 90, incomplete: true)),
            result("result-failed", site, Fixtures.analysis(.failed)),
            result("result-timed-out", site, Fixtures.analysis(.failed, errorCode: "timed_out")),
            result("result-cancelled", site, Fixtures.analysis(.cancelled)),
        ]
    }

    private static func spans(_ now: Int, _ before: Int) -> Spans {
        func span(_ count: Int) -> SpanFigures {
            SpanFigures(
                photos: count * 400, unsure: count * 50, failed: count, faces: count * 900, hasMoreFaces: count > 2)
        }
        var filter = HistoryFilter()
        filter.from = "2026-10-26"
        return Spans(now: span(now), before: span(before), filter: filter)
    }
}
