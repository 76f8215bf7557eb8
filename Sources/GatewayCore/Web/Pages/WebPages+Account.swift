import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Operations
import Reports
import Webhooks

extension WebPages {
    func addAccountRoutes(to router: Router<GatewayContext>) {
        router.get("/account") { request, context in
            let user = try person(request, context)
            return try await accountPage(user, context, notice: Self.notice(request))
        }
        router.post("/account/sessions/:id/end", use: endSession)
        router.post("/account/sessions/end-others", use: endOtherSessions)
        router.get("/account/export.zip", use: export)
        addAccountForms(to: router)
        addTokenRoutes(to: router)
        addWebhookRoutes(to: router)
        addLeaveRoutes(to: router)
    }

    /// What a form on the page has done: the page is fetched anew, so that loading it again sends no form again.
    private static let notices = [
        "profile": "Your details are saved.",
        "password": "Your password is changed. All other sessions and, unless you kept them, all API tokens are ended.",
        "token": "The API token is ended.", "session": "The session is ended.",
        "sessions": "All other sessions are ended.", "webhook": "The webhook is deleted.",
    ]

    private static func notice(_ request: Request) -> String? {
        request.query["done"].flatMap { notices[$0] }
    }

    /// The account page; also the answer to a form on it that was refused.
    func accountPage(
        _ user: User, _ context: GatewayContext, notice: String? = nil, profile: ProfileFields? = nil,
        password: PasswordFields = PasswordFields(), token: TokenFields? = nil, made: MadeToken? = nil,
        webhook: WebhookFields? = nil, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let model = AccountModel(
            site: site("Account", .account, context, script: "enter.js"), user: user,
            months: try await accounts.monthlyCounts(of: user),
            sessions: try await accounts.sessions(of: user.id, current: context.sessionToken),
            retentionDays: services.configuration.retentionDays, tokens: try await accounts.tokens(of: user.id),
            webhooks: try await services.webhooks.endpoints(of: user.id),
            lastSent: try await services.webhooks.lastTried(of: user.id), notice: notice, profile: profile,
            password: password, token: token, made: made, webhook: webhook)
        return page(.account, model, context, status: status)
    }

    @Sendable private func endSession(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try person(request, context)
        _ = try await form(EmptyForm.self, request, context)
        guard let id = context.parameters.get("id", as: UUID.self),
            try await accounts.endSession(id, of: user.id)
        else { throw RequestFailure.notFound }
        try await services.audit.record(.sessionEnded, by: user.id, context)
        return Response.redirect(to: "/account?done=session#sessions", type: .normal)
    }

    @Sendable private func endOtherSessions(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try person(request, context)
        _ = try await form(EmptyForm.self, request, context)
        // An API token is no session: with it, all of them are the others.
        try await accounts.endOtherSessions(of: user.id, keeping: context.sessionToken ?? "")
        try await services.audit.record(.otherSessionsEnded, by: user.id, context)
        return Response.redirect(to: "/account?done=sessions#sessions", type: .normal)
    }

    @Sendable private func export(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try person(request, context)
        guard let lease = exports.enter(user.id) else { throw RequestFailure.exportRuns }
        try await services.audit.record(.dataExported, by: user.id, context)
        let webhooks = try await services.webhooks.endpoints(of: user.id).map {
            ExportedWebhook(url: $0.url, events: $0.events.map(\.rawValue), createdAt: $0.createdAt)
        }
        let export = AccountExport(
            analyses: services.analyses, owner: user.id,
            account: try await accounts.document(of: user, webhooks: webhooks), memberSince: user.createdAt)
        let logger = context.logger
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(lease) {} }
            do {
                try await export.write(to: { try await writer.write(ByteBuffer(bytes: $0)) })
            } catch {
                // The status is out already: what is left is to cut the answer off, which the browser notices.
                logger.warning("An export was not finished", metadata: ["error": "\(String(reflecting: error))"])
                throw error
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/zip", .contentDisposition: "attachment; filename=\"mien-account.zip\"",
                .cacheControl: "no-store",
            ], body: body)
    }
}

extension GatewayContext {
    /// The token of the session from which the request came; nil for a visitor and for an API token.
    var sessionToken: String? {
        if case .session(let token)? = identity?.proof { token } else { nil }
    }
}
