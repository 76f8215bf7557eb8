import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Operations
import Passwords
import Reports
import Sharing

/// What people do with links to their results and batches: making and seeing them on the page of what is shared.
struct OwnShares: Sendable {
    let shares: ShareStore
    let audit: AuditLog
    let configuration: GatewayConfiguration

    init(_ services: GatewayServices, accounts: AccountStore) {
        shares = ShareStore(database: services.database, hasher: accounts.hasher)
        audit = services.audit
        configuration = services.configuration
    }

    struct Form: CSRFForm {
        let csrf_token: String?
        let days: String?
        let password: String?
        let information: String?
        let original: String?
    }

    /// Whether links are made, and show anything.
    var isOn: Bool { configuration.sharing == .on }

    /// Whether a page's address asks for the part.
    static func isAsked(by request: Request) -> Bool { request.query["share"] != nil }

    /// How many links show an analysis, by itself or with its batch.
    func count(of analysis: Analysis) async throws -> Int {
        guard isOn else { return 0 }
        return try await shares.countOpen(of: Self.subjects(analysis), owner: analysis.userID)
    }

    /// The part of an analysis's page.
    func part(
        of analysis: Analysis, fields: SharingModel.Fields? = nil, made: SharingModel.Made? = nil, _ request: Request
    ) async throws -> SharingModel {
        SharingModel(
            of: .analysis(analysis.id),
            links: try await shares.shares(of: Self.subjects(analysis), owner: analysis.userID),
            isOn: isOn && ![.failed, .cancelled].contains(analysis.status), offersOriginal: analysis.keepsPhoto,
            fields: fields, made: made, ended: Self.ended(request.query["share"]))
    }

    /// The part of a batch's page.
    func part(
        ofBatch id: UUID, owner: UUID, fields: SharingModel.Fields? = nil, made: SharingModel.Made? = nil,
        _ request: Request
    ) async throws -> SharingModel {
        SharingModel(
            of: .batch(id), links: try await shares.shares(of: [.batch(id)], owner: owner), isOn: isOn,
            offersOriginal: try await shares.keepsPhotos(ofBatch: id, owner: owner), fields: fields, made: made,
            ended: Self.ended(request.query["share"]))
    }

    static func ended(_ word: String?) -> String? {
        word == "ended" ? "The link is ended. It shows nothing any more." : nil
    }

    private static func subjects(_ analysis: Analysis) -> [Share.Subject] {
        [.analysis(analysis.id)] + (analysis.batchID.map { [.batch($0)] } ?? [])
    }

    /// What came of the form.
    enum Outcome {
        case made(SharingModel.Made)
        case refused(SharingModel.Fields)
    }

    /// Makes a link as the form asks.
    func make(
        _ form: Form, of subject: Share.Subject, for user: User, _ request: Request, _ context: GatewayContext
    ) async throws -> Outcome {
        let asked: ShareRequest
        do {
            asked = try ShareRequest.check(
                days: form.days, password: form.password, information: form.information,
                givesOriginal: form.original != nil, owner: user)
        } catch {
            return .refused(
                SharingModel.Fields(
                    days: form.days ?? "", information: form.information ?? "", givesOriginal: form.original != nil,
                    errors: error.errors))
        }
        let (share, link) = try await make(asked, of: subject, for: user, request, context)
        let what = subject.batch == nil ? "this result" : "these photos"
        let key = share.hasPassword ? " and the password, which is not shown again either," : ""
        return .made(
            SharingModel.Made(
                link: link, remark: "Whoever has it\(key) sees \(what) until \(Moment(share.expiresAt).exact)."))
    }

    /// Makes a link, and tells the audit log.
    func make(
        _ asked: ShareRequest, of subject: Share.Subject, for user: User, _ request: Request, _ context: GatewayContext
    ) async throws -> (share: Share, link: String) {
        guard isOn else { throw RequestFailure.sharingOff }
        do {
            let (share, token) = try await shares.make(asked, of: subject, owner: user.id)
            await audit.record(
                .shareMade, by: user.id,
                detail: "\(share.id.lower) of \(SharingModel.address(of: subject).dropFirst())", context)
            return (share, configuration.address(request, context) + SharedLink.address(token))
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
    }

    /// Ends a link of a person's.
    func end(_ id: UUID, of user: User, _ context: GatewayContext) async throws {
        guard try await shares.end(id, owner: user.id) else { return }
        await audit.record(.shareEnded, by: user.id, detail: id.lower, context)
    }
}

extension RequestFailure {
    static let sharingOff = RequestFailure(
        status: .forbidden, code: "sharing_off", title: "This site shares nothing",
        message: "Its operator has switched shared links off.")

    /// Why a link was not made or ended.
    static func share(_ refusal: ShareStore.Refusal) -> RequestFailure {
        switch refusal {
        case .unknown: notFound
        case .tooMany:
            RequestFailure(
                status: .conflict, code: "too_many_links", title: "There are enough links",
                message: "An account has at most \(Share.limit) that work. End one that is not needed.")
        case .noResult:
            RequestFailure(
                status: .conflict, code: "no_result", title: "There is nothing to share",
                message: "The analysis failed or was cancelled. Try it again first.")
        }
    }
}
