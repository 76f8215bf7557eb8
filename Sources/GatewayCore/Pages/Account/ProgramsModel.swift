import Accounts
import Foundation
import Webhooks

/// The account's page about programs: their tokens, and what is told them.
struct ProgramsModel: Sendable {
    let site: Site
    var tabs: AccountTabs
    let tokens: [TokenRow]
    let hasTokens: Bool
    let token: TokenFields
    /// A token that was made just now.
    let made: MadeToken?
    let webhooks: [WebhookRow]
    let hasWebhooks: Bool
    let webhook: WebhookFields
    /// Whether there may be one more.
    let canAddWebhook: Bool

    init(
        site: Site, tokens: [APIToken], webhooks: [WebhookEndpoint], lastSent: [UUID: WebhookDelivery] = [:],
        token: TokenFields, made: MadeToken? = nil, webhook: WebhookFields = WebhookFields(), notice: String? = nil,
        problems: [AccountTabs.Problem] = [], now: Date = Date()
    ) {
        self.site = site
        tabs = AccountTabs(.programs, notice: notice, problems: problems)
        self.tokens = tokens.map { TokenRow($0, now: now) }
        hasTokens = !tokens.isEmpty
        self.token = token
        self.made = made
        self.webhooks = webhooks.map { WebhookRow($0, last: lastSent[$0.id], now: now) }
        hasWebhooks = !webhooks.isEmpty
        self.webhook = webhook
        canAddWebhook = webhooks.count < WebhookEndpoint.limit
    }
}
