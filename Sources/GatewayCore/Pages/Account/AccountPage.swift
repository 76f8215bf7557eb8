import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Operations
import Sharing
import Webhooks

/// What the site knows of a person, and what they can change of it.
struct AccountPage: Page {
    let frame: PageFrame
    let configuration: GatewayConfiguration
    let accounts: AccountStore
    let analyses: AnalysisStore
    let webhooks: WebhookStore
    let webhookCheck: WebhookCheck
    let webhookPage: WebhookPage
    let audit: AuditLog
    let signIn: SignIn
    let own: OwnShares
    let exports = ExportGate()

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/account") { request, context in
            let user = try frame.person(request, context)
            return try await show(user, context, done: AccountDone(request.query["done"]))
        }
        addProfile(to: router)
        addPassword(to: router)
        addSessions(to: router)
        addExport(to: router)
        addTokens(to: router)
        addWebhooks(to: router)
    }

    /// The account page; also the answer to a form on it that was refused.
    func show(
        _ user: User, _ context: GatewayContext, done: AccountDone = AccountDone(), profile: ProfileFields? = nil,
        password: PasswordFields = PasswordFields(), token: TokenFields? = nil, made: MadeToken? = nil,
        webhook: WebhookFields? = nil, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let model = AccountModel(
            site: frame.site("Account", .account, context, script: "enter.js"), user: user,
            months: try await accounts.monthlyCounts(of: user),
            sessions: try await accounts.sessions(of: user.id, current: context.sessionToken),
            retentionDays: configuration.retentionDays, tokens: try await accounts.tokens(of: user.id),
            webhooks: try await webhooks.endpoints(of: user.id),
            lastSent: try await webhooks.lastTried(of: user.id), done: done, profile: profile,
            password: password, token: token, made: made, webhook: webhook,
            links: try await own.shares.countOpen(owner: user.id))
        return frame.page(.account, model, context, status: status)
    }
}
