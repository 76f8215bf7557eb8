import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Passwords
import Reports
import Sharing

/// What people see who were given a link: one result or one batch, without an account and without a way to change it.
struct SharedPage: Page {
    let frame: PageFrame
    let shares: ShareStore
    let analyses: AnalysisStore
    let changes: AnalysisChanges
    let printer: ReportPrinter
    let signIn: SignIn
    let pass: SharePass
    /// Whether the operator lets links show anything.
    let isOn: Bool
    /// What takes a while to make, by link: whoever has one may have it made as often as they like.
    let heavy = PlaceGate(places: 3)

    struct PasswordForm: CSRFForm {
        static let isForAnybody = true
        let csrf_token: String?
        let password: String?
    }

    /// A link that shows what it shares to whoever asks.
    struct Opened {
        let share: Share
        let address: String
        /// Whether the owner looks at it.
        let isOwner: Bool

        /// A page of a batch, for whoever comes back to it.
        func overview(page: Int) -> String { "\(address)?again" + (page > 1 ? "&page=\(page)" : "") }

        /// What the addresses of an analysis's page and files begin with.
        func address(of id: UUID) -> String { "\(address)/\(id.lower)" }
    }

    /// Thrown where the link's password is to be said first.
    struct PasswordNeeded: Error {}

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/s/{token}") { request, context in
            do {
                return try await show(open(request, context), request, context)
            } catch is PasswordNeeded {
                return passwordPage(request, context)
            }
        }
        router.post("/s/{token}") { try await unlock($0, $1) }
        router.get("/s/{token}/{id}") { request, context in
            guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.shareUnknown }
            do {
                let opened = try await open(request, context, member: id)
                guard let batch = opened.share.subject.batch else {
                    return Response.redirect(to: opened.address, type: .normal)
                }
                return try await show(id, of: batch, opened, request, context)
            } catch is PasswordNeeded {
                return Response.redirect(to: SharedLink.address(token(context)), type: .normal)
            }
        }
        addFiles(to: router)
    }

    private func token(_ context: GatewayContext) -> String { context.parameters.get("token") ?? "" }

    /// The link that the path names, as far as it works.
    private func find(_ context: GatewayContext, member: UUID? = nil) async throws -> OpenedShare {
        guard isOn else { throw RequestFailure.shareOff }
        guard let found = try await shares.find(token(context), member: member) else {
            throw RequestFailure.shareUnknown
        }
        guard !found.isOver else { throw RequestFailure.shareOver }
        return found
    }

    /// The link that the path names, opened for whoever asks.
    ///
    /// - Parameter member: the analysis that the path names.
    /// - Throws: ``PasswordNeeded``, or the `RequestFailure` that says why it shows nothing.
    func open(_ request: Request, _ context: GatewayContext, member: UUID? = nil) async throws -> Opened {
        let found = try await find(context, member: member)
        let isOwner = !context.hasToken && context.user?.id == found.share.owner
        let name = BrowserCookies.sharedName(secure: context.browser.usesSecureCookies)
        guard
            isOwner || !found.share.hasPassword || pass.opens(request.cookies[name]?.value, found.share.id)
        else { throw PasswordNeeded() }
        guard member == nil || found.holdsMember else { throw RequestFailure.shareUnknown }
        return Opened(share: found.share, address: SharedLink.address(token(context)), isOwner: isOwner)
    }
}

/// The pages.
extension SharedPage {
    private func show(_ opened: Opened, _ request: Request, _ context: GatewayContext) async throws -> Response {
        let share = opened.share
        let answer: Response
        switch share.subject {
        case .analysis(let id):
            guard let analysis = try await analyses.find(id, owner: share.owner) else {
                throw RequestFailure.shareUnknown
            }
            answer = result(analysis, opened, SharedModel.Place(address: opened.address + "?again"), request, context)
        case .batch(let id):
            guard let page = BatchPages.asked(by: request.query["page"]),
                let slice = try await analyses.batch(
                    id, owner: share.owner, parts: BatchPart.shared, skipping: BatchPages.skipped(before: page),
                    limit: BatchPages.length)
            else { throw RequestFailure.shareUnknown }
            answer = show(slice, page, opened, context)
        }
        if Self.isView(request) { try await shares.countView(of: share, by: context.user?.id) }
        return answer
    }

    /// Whether somebody opens the link, and does not only come back to it: what pages load again says so in the address, and
    /// browsers what they load beforehand.
    private static func isView(_ request: Request) -> Bool {
        request.method == .get && request.query["again"] == nil && request.query["why"] == nil
            && request.headers[HTTPField.Name("Sec-Purpose")!]?.contains("prefetch") != true
    }

    /// The page of one of the photos of a batch.
    private func show(
        _ id: UUID, of batch: UUID, _ opened: Opened, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        guard let analysis = try await analyses.find(id, owner: opened.share.owner) else {
            throw RequestFailure.shareUnknown
        }
        let members = try await shares.members(of: batch, owner: opened.share.owner)
        let steps = SharedModel.Steps(to: id, among: members, overview: opened.address) { opened.address(of: $0) }
        let place = SharedModel.Place(address: opened.address(of: id), steps: steps)
        return result(analysis, opened, place, request, context)
    }

    private func result(
        _ analysis: Analysis, _ opened: Opened, _ place: SharedModel.Place, _ request: Request,
        _ context: GatewayContext
    ) -> Response {
        let shared = analysis.shared(opened.share.information)
        let site = frame.sharedSite(
            SharedModel.title(of: shared), context, script: "result.js", refresh: shared.status.isTerminal ? nil : 3,
            again: place.address)
        // The one form about faces that changes nothing.
        let form = request.query["why"].flatMap { Int($0) }.map { FaceForm.explaining(number: $0) }
        return page(
            .shared, SharedModel(site: site, analysis: shared, of: opened, at: place, form: form), context)
    }

    private func show(
        _ slice: BatchSlice, _ number: Int, _ opened: Opened, _ context: GatewayContext
    ) -> Response {
        let model = SharedBatchModel(
            site: { title, isOpen in
                frame.sharedSite(
                    title, context, script: "list.js", refresh: isOpen ? 3 : nil,
                    again: opened.overview(page: number))
            }, slice: slice, page: number, of: opened)
        return page(.sharedBatch, model, context)
    }

    /// Without a form on it, a page needs no cookie.
    private func page(_ page: Templates.Page, _ model: some Sendable, _ context: GatewayContext) -> Response {
        var context = context
        context.browser.isNew = false
        return frame.page(page, model, context)
    }
}

/// The password.
extension SharedPage {
    private func passwordPage(
        _ request: Request, _ context: GatewayContext, problem: String? = nil, status: HTTPResponse.Status = .ok
    ) -> Response {
        let model = SharedPasswordModel(
            site: frame.sharedSite("Shared with a password", context, script: "enter.js"),
            address: SharedLink.address(token(context)), problem: problem)
        return frame.page(.sharedPassword, model, context, status: status)
    }

    /// Asks for the password, as slowly for who guesses as the log-in.
    private func unlock(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let form = try await frame.form(PasswordForm.self, request, context)
        let found = try await find(context)
        let share = found.share
        do {
            if share.hasPassword {
                let isRight = try await signIn.attempt(
                    address: context.remoteAddress, account: "share \(share.id.lower)"
                ) {
                    try await shares.isPassword(form.password ?? "", of: found) ? true : nil
                }
                guard isRight != nil else {
                    context.logger.notice(
                        "Shared link refused", metadata: ["share.id": "\(share.id.uuidString.lowercased())"])
                    return passwordPage(
                        request, context, problem: "This is not the link’s password.", status: .unprocessableContent)
                }
            }
        } catch let failure as RequestFailure where failure.status == .tooManyRequests {
            var answer = passwordPage(
                request, context, problem: "\(failure.title). \(failure.message)", status: failure.status)
            answer.headers[.retryAfter] = failure.retryAfter.map { "\($0)" }
            return answer
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
        let address = SharedLink.address(token(context))
        var response = Response.redirect(to: address, type: .normal)
        response.setCookie(
            BrowserCookies.shared(
                pass.text(for: share.id), address: address, secure: context.browser.usesSecureCookies))
        return response
    }
}

extension RequestFailure {
    static let shareUnknown = RequestFailure(
        status: .notFound, code: "not_found", title: "Nothing is under this link",
        message: "It may be mistyped, or what was shared has been deleted. Ask whoever sent it to you.")
    static let shareOver = RequestFailure(
        status: .gone, code: "link_expired", title: "This link does not work any more",
        message: "Its time is over, or whoever shared it has ended it. Ask them for a new one.")
    static let shareOff = RequestFailure(
        status: .notFound, code: "sharing_off", title: "This site shares nothing",
        message: "Its operator has switched shared links off.")
    static let shareBusy = RequestFailure(
        status: .tooManyRequests, code: "link_busy", title: "Too much is asked for by this link at once",
        message: "Try again in a few seconds.", retryAfter: 5)
    static let sharePassword = RequestFailure(
        status: .forbidden, code: "password_needed", title: "This link has a password",
        message: "Open the link itself in this browser and enter it there.")
}
