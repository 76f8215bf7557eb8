import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import OpenID
import Operations
import Sharing
import Webhooks

/// What the site knows of a person, and what they can change of it, in four pages.
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
    let openID: OpenIDPage
    /// Nil where no mail is sent; addresses are taken as they are then.
    let mailer: AccountMailer?
    /// Slows down who has links sent.
    let letters = LoginThrottle()
    /// An export reads every photo: a person makes one at a time.
    let exports = PlaceGate(places: 1)

    func addRoutes(to router: Router<GatewayContext>) {
        router.get(RouterPath(AccountTabs.profile)) { request, context in
            let user = try frame.person(request, context)
            let done = request.query["done"]
            // From before there were several pages.
            if let done, let address = AccountTabs.address(of: done), address != AccountTabs.profile {
                return Response.redirect(to: "\(address)?done=\(done)", type: .normal)
            }
            var model = AccountModel(
                site: site("Account", context), user: user, asked: try await asked(of: user, context),
                notice: AccountTabs.notice(done))
            model.tabs.waiting = waiting(of: user)
            return frame.page(.account, model, context)
        }
        router.get(RouterPath(AccountTabs.security)) { request, context in
            try await security(
                frame.person(request, context), context, notice: AccountTabs.notice(request.query["done"]))
        }
        router.get(RouterPath(AccountTabs.programs)) { request, context in
            try await programs(
                frame.person(request, context), context, notice: AccountTabs.notice(request.query["done"]))
        }
        router.get(RouterPath(AccountTabs.data)) { request, context in
            let user = try frame.person(request, context)
            var model = DataModel(
                site: site("Your data", context), user: user, months: try await accounts.monthlyCounts(of: user),
                retentionDays: configuration.retentionDays, links: try await own.shares.countOpen(owner: user.id))
            model.tabs.waiting = waiting(of: user)
            return frame.page(.data, model, context)
        }
        addProfile(to: router)
        addEmail(to: router)
        addPassword(to: router)
        addSessions(to: router)
        addExport(to: router)
        addTokens(to: router)
        addWebhooks(to: router)
        addSecondFactor(to: router)
        addOpenID(to: router)
    }

    func site(_ title: String, _ context: GatewayContext) -> Site {
        frame.site(title, .account, context, script: "enter.js")
    }

    /// What the forms that change the account's address or password ask for: the password in any case.
    func asked(of user: User, _ context: GatewayContext) async throws -> AskedAgain {
        try await signIn.asked(of: user, always: true, context)
    }

    /// The page about what keeps others out; also the answer to a form on it that was refused.
    func security(
        _ user: User, _ context: GatewayContext, notice: String? = nil, password errors: [AccountError] = [],
        factor refused: (form: FactorModel.Form, errors: [AccountError])? = nil,
        connection unconnected: (form: ConnectionModel.Form, errors: [AccountError])? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let ways = signIn.ways
        let asked = try await signIn.asked(of: user, context)
        let factor = FactorModel(
            try await signIn.factors.status(of: user.id), asked: asked,
            isRequired: configuration.secondFactorRule.includes(user) && context.identity?.isByProvider != true,
            refused: refused?.form, errors: refused?.errors ?? [])
        let connection: ConnectionModel? =
            if let settings = configuration.openID {
                ConnectionModel(
                    name: settings.name,
                    try await accounts.identities(of: user.id).first { $0.identity.issuer == settings.client.issuer },
                    asked: asked, mayDisconnect: user.hasPassword && ways.takesPasswords,
                    refused: unconnected?.form, errors: unconnected?.errors ?? [])
            } else {
                nil
            }
        let form = refused.map { ("\($0.form)", $0.errors) } ?? unconnected.map { ("\($0.form)", $0.errors) }
        let ids =
            form.map { form in
                Dictionary(uniqueKeysWithValues: ["current", "code", "provider"].map { ($0, "\(form.0)-\($0)") })
            } ?? PasswordFields.ids
        var model = SecurityModel(
            site: site("Security", context),
            sessions: try await accounts.sessions(of: user.id, current: context.sessionToken), factor: factor,
            password: PasswordFields(
                try await self.asked(of: user, context), isChange: user.hasPassword,
                provider: ways.opens(user) ? ways.provider : nil, isTaken: ways.takesPasswords, errors: errors),
            connection: connection, notice: notice, problems: (form?.1 ?? errors).problems(ids))
        model.tabs.waiting = waiting(of: user)
        return frame.page(.security, model, context, status: status)
    }

    /// The page about programs; also the answer to a form on it that was refused, and to the one that makes a token.
    func programs(
        _ user: User, _ context: GatewayContext, notice: String? = nil, token: TokenFields? = nil,
        made: MadeToken? = nil, webhook: WebhookFields = WebhookFields(), problems: [AccountTabs.Problem] = [],
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let fields =
            if let token {
                token
            } else {
                TokenFields(isAdmin: user.isAdmin, asked: try await signIn.asked(of: user, context))
            }
        var model = ProgramsModel(
            site: site("Programs", context), tokens: try await accounts.tokens(of: user.id),
            webhooks: try await webhooks.endpoints(of: user.id),
            lastSent: try await webhooks.lastTried(of: user.id), token: fields, made: made, webhook: webhook,
            notice: notice, problems: problems)
        model.tabs.waiting = waiting(of: user)
        return frame.page(.programs, model, context, status: status)
    }
}
