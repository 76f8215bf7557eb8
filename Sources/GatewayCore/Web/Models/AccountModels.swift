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
    let chart: BarChart
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
    /// What has just been done; nil for a page that was only opened.
    let notice: String?

    init(
        site: Site, user: User, months: [MonthlyCount], sessions: [BrowserSession], retentionDays: Int,
        tokens: [APIToken] = [], webhooks: [WebhookEndpoint] = [], lastSent: [UUID: WebhookDelivery] = [:],
        notice: String? = nil, profile: ProfileFields? = nil,
        password: PasswordFields = PasswordFields(), token: TokenFields? = nil, made: MadeToken? = nil,
        webhook: WebhookFields? = nil, now: Date = Date()
    ) {
        self.site = site
        memberSince = Moment(user.createdAt, now: now)
        finishedCount = Words.grouped(user.finishedCount)
        failedCount = Words.grouped(user.failedCount)
        chart = BarChart(months: months)
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
        self.notice = notice
    }
}

/// The form for name, address and time zone.
struct ProfileFields: Sendable {
    struct Zone: Sendable {
        let value: String
        let label: String
        let isChosen: Bool
    }
    /// The zones of a continent.
    struct Region: Sendable {
        let label: String
        let zones: [Zone]
    }

    let name: String
    let email: String
    let regions: [Region]
    let nameError: String?
    let emailError: String?
    let zoneError: String?
    let currentError: String?

    init(_ user: User) {
        self.init(ProfileChange(name: user.name, email: user.email, timeZone: user.timeZone))
    }

    init(_ change: ProfileChange, errors: [AccountError] = []) {
        name = change.name
        email = change.email
        regions = Self.regions(chosen: change.timeZone)
        nameError = errors.message("name")
        emailError = errors.message("email")
        zoneError = errors.message("zone")
        currentError = errors.message("current")
    }

    private static func regions(chosen: String) -> [Region] {
        var regions: [(label: String, zones: [Zone])] = []
        for identifier in TimeZoneChoice.all {
            let parts = identifier.split(separator: "/", maxSplits: 1).map {
                $0.replacingOccurrences(of: "_", with: " ")
            }
            let zone = Zone(value: identifier, label: parts.last ?? identifier, isChosen: identifier == chosen)
            let label = parts.count > 1 ? parts[0] : "Universal"
            if regions.last?.label == label {
                regions[regions.count - 1].zones.append(zone)
            } else {
                regions.append((label, [zone]))
            }
        }
        return regions.map { Region(label: $0.label, zones: $0.zones) }
    }
}

/// The form for a new password.
struct PasswordFields: Sendable {
    var currentError: String?
    var newError: String?

    init(errors: [AccountError] = []) {
        currentError = errors.message("current")
        newError = errors.message("password")
    }
}

/// A browser in which the person is logged in.
struct SessionRow: Sendable {
    let id: String
    let device: String
    let address: String
    let seen: Moment
    let started: Moment
    let isCurrent: Bool

    init(_ session: BrowserSession, now: Date) {
        id = session.id.uuidString.lowercased()
        device = DeviceName.of(session.userAgent)
        address = session.address
        seen = Moment(session.seenAt, now: now)
        started = Moment(session.createdAt, now: now)
        isCurrent = session.isCurrent
    }
}

extension [AccountError] {
    /// What is wrong with a field.
    func message(_ field: String) -> String? { first { $0.field == field }?.description }
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

/// The page before an account is deleted.
struct LeaveModel: Sendable {
    let site: Site
    let email: String
    let analyses: String
    let confirmationError: String?
    let currentError: String?

    init(site: Site, user: User, analyses: Int, errors: [AccountError] = []) {
        self.site = site
        email = user.email
        self.analyses = Words.count(analyses, "analysis", "analyses")
        confirmationError = errors.message("confirmation")
        currentError = errors.message("current")
    }
}

/// The page behind a link that sets a new password.
struct ResetModel: Sendable {
    let site: Site
    let token: String
    let email: String
    let passwordError: String?
}

/// The page on which the first administrator's account is made.
struct SetupModel: Sendable {
    let site: Site
    let token: String
    let form: RegisterModel
}

/// The page on which a link by e-mail is asked for.
struct ForgotModel: Sendable {
    let site: Site
    let email: String
    let emailError: String?
}

/// Something that was done, in a page of its own.
struct MessageModel: Sendable {
    let site: Site
    let title: String
    let message: String
    let link: String
    let linkText: String
    /// What is shown once, to be copied.
    var secret: String?
}
