import Accounts
import Foundation
import Reports
import Webhooks

/// What the site knows of a person, and what they can change of it.
struct AccountModel: Sendable {
    let site: Site
    let memberSince: Moment
    let finishedCount: String
    let failedCount: String
    /// Nil as long as there is nothing to compare: no analysis, or all of one month.
    let chart: BarChart?
    let profile: ProfileFields
    let password: PasswordFields
    let sessions: [SessionRow]
    let hasOthers: Bool
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
    /// "30 days"; nil when everything is kept.
    let retention: String?
    /// "2 links"; nil while none works.
    let links: String?
    /// What has just been done; all nil for a page that was only opened.
    let done: AccountDone

    init(
        site: Site, user: User, months: [MonthlyCount], sessions: [BrowserSession], retentionDays: Int,
        tokens: [APIToken] = [], webhooks: [WebhookEndpoint] = [], lastSent: [UUID: WebhookDelivery] = [:],
        done: AccountDone = AccountDone(), profile: ProfileFields? = nil,
        password: PasswordFields = PasswordFields(), token: TokenFields? = nil, made: MadeToken? = nil,
        webhook: WebhookFields? = nil, links: Int = 0, now: Date = Date()
    ) {
        self.site = site
        memberSince = Moment(user.createdAt, now: now)
        finishedCount = Words.grouped(user.finishedCount)
        failedCount = Words.grouped(user.failedCount)
        chart = months.count { $0.finished + $0.failed > 0 } > 1 ? BarChart(months: months) : nil
        self.profile = profile ?? ProfileFields(user)
        self.password = password
        self.sessions = sessions.map { SessionRow($0, now: now) }
        hasOthers = sessions.contains { !$0.isCurrent }
        self.tokens = tokens.map { TokenRow($0, now: now) }
        hasTokens = !tokens.isEmpty
        self.token = token ?? TokenFields(isAdmin: user.isAdmin)
        self.made = made
        self.webhooks = webhooks.map { WebhookRow($0, last: lastSent[$0.id], now: now) }
        hasWebhooks = !webhooks.isEmpty
        self.webhook = webhook ?? WebhookFields()
        canAddWebhook = webhooks.count < WebhookEndpoint.limit
        retention = Words.retention(days: retentionDays)
        self.links = links > 0 ? Words.count(links, "link") : nil
        self.done = done
    }
}

extension BarChart {
    /// A year of analyses.
    init(months: [MonthlyCount]) {
        let tips = months.map { month in
            let name = "\(Words.months[month.month - 1]) \(month.year)"
            return "\(name): \(Words.grouped(month.finished)) finished, \(Words.grouped(month.failed)) failed"
        }
        self.init(
            id: "months", title: "Analyses by month",
            description: tips.isEmpty ? "No figures." : tips.joined(separator: "; ") + ".",
            kinds: ["good", "bad"],
            columns: zip(months, tips).map { month, tip in
                Column(
                    label: String(Words.months[month.month - 1].prefix(3)), tip: tip,
                    values: [Double(month.finished), Double(month.failed)])
            })
    }
}
