import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Sharing

/// Links by which people without an account see a result or a batch.
extension APIRoutes {
    private var own: OwnShares { OwnShares(services, accounts: accounts) }

    func addShares(to api: RouterGroup<GatewayContext>) {
        for (folder, subject) in [
            ("analyses", Share.Subject.analysis), ("batches", Share.Subject.batch),
        ] as [(String, @Sendable (UUID) -> Share.Subject)] {
            let path = RouterPath("/\(folder)/{id}/shares")
            api.post(path) { request, context in
                let asked = try asked(request, context)
                return try await makeShare(of: subject(asked.id), asked)
            }
            api.get(path) { request, context in
                let asked = try asked(request, context)
                return try await listShares(of: subject(asked.id), asked)
            }
        }
        api.get("/shares") { try await listShares(asked($0, $1)) }
        api.delete("/shares/{id}") { request, context in
            let asked = try asked(request, context)
            try await own.end(asked.id, of: asked.user, context)
            return Response(status: .noContent)
        }
    }

    /// A link.
    struct ShareDocument: Encodable {
        let id: String
        /// What it shows: one of the two.
        @Present var analysis: String?
        @Present var batch: String?
        let state: String
        /// How what opens it begins.
        let prefix: String
        let has_password: Bool
        let information: String
        let original: Bool
        let created_at: Date
        let expires_at: Date
        @Present var ended_at: Date?
        let views: Int
        @Present var last_viewed_at: Date?
        /// Left out but in the answer that made it.
        let url: String?

        init(_ listed: ListedShare) {
            self.init(listed.share, state: listed.state())
        }

        init(_ share: Share, state: Share.State? = nil, url: String? = nil) {
            id = share.id.lower
            _analysis = Present(wrappedValue: share.subject.analysis?.lower)
            _batch = Present(wrappedValue: share.subject.batch?.lower)
            self.state = (state ?? share.state()).rawValue
            prefix = share.prefix
            has_password = share.hasPassword
            information = share.information.rawValue
            original = share.givesOriginal
            created_at = share.createdAt
            expires_at = share.expiresAt
            _ended_at = Present(wrappedValue: share.endedAt)
            views = share.views
            _last_viewed_at = Present(wrappedValue: share.viewedAt)
            self.url = url
        }
    }

    struct ShareList: Encodable {
        let shares: [ShareDocument]
        @Present var next: String?
    }

    private func makeShare(of subject: Share.Subject, _ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        var fields = try await asked.json()
        let days = fields.number("days")
        let password = fields.text("password")
        let information = fields.text("information")
        let original = fields.flag("original") ?? false
        fields.end()
        var problems = fields.problems
        let checked: ShareRequest?
        do {
            checked = try ShareRequest.check(
                days: days.map(String.init), password: password, information: information, givesOriginal: original,
                owner: user)
        } catch {
            checked = nil
            problems.merge(error.errors) { first, _ in first }
        }
        // In a form an empty field is none; a program that sends one has lost a value.
        if password == "" { problems["password"] = "It is empty. Send null, or nothing, for a link without one." }
        guard problems.isEmpty, let checked else { throw RequestFailure.badFields(problems) }
        let (share, link) = try await own.make(checked, of: subject, for: user, asked.request, asked.context)
        return try APIAnswer.json(ShareDocument(share, url: link), status: .created)
    }

    private func listShares(of subject: Share.Subject, _ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        try asked.checkQuery([])
        guard try await own.shares.has(subject, owner: user.id) else { throw RequestFailure.notFound }
        let found = try await own.shares.shares(of: [subject], owner: user.id)
        return try APIAnswer.json(ShareList(shares: found.map { ShareDocument($0) }, next: nil))
    }

    private func listShares(_ asked: APIRequest) async throws -> Response {
        let user = try asked.user
        try asked.checkQuery(["limit", "cursor"])
        let page = try await own.shares.shares(of: user.id, before: asked.cursor, limit: asked.limit)
        return try APIAnswer.json(
            ShareList(shares: page.items.map { ShareDocument($0) }, next: page.next?.text))
    }
}
