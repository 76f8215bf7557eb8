import Accounts
import Analyses
import Hummingbird
import Operations
import Sharing

/// The site's pages, put together.
struct SitePages: Sendable {
    /// For new photos; where sending them fails, it is shown again.
    let new: NewPage
    private let pages: [any Page]

    init(
        _ services: GatewayServices, frame: PageFrame, accounts: AccountStore,
        throttle: LoginThrottle = LoginThrottle(), broker: BrokerWatch? = nil
    ) {
        let (configuration, switches, audit) = (services.configuration, services.switches, services.audit)
        let (analyses, operations, limits) = (services.analyses, services.operations, configuration.intakeLimits)
        let signIn = SignIn(
            accounts: accounts, factors: services.factors, audit: audit, secret: configuration.secret,
            throttle: throttle, ways: frame.ways)
        let openID = OpenIDPage(
            frame: frame, accounts: accounts, audit: audit, signIn: signIn, settings: configuration.openID,
            provider: services.provider)
        let deletion = PhotoDeletion(analyses: analyses, audit: audit, binDays: configuration.binDays)
        let own = OwnShares(services, accounts: accounts)
        let webhook = WebhookPage(frame: frame, webhooks: services.webhooks, audit: audit)
        new = NewPage(frame: frame, configuration: configuration, analyses: analyses, switches: switches)
        pages = [
            LandingPage(frame: frame, accounts: accounts, configuration: configuration),
            RegisterPage(
                frame: frame, accounts: accounts, audit: audit, switches: switches, signIn: signIn,
                mailer: services.accountMailer),
            LoginPage(frame: frame, accounts: accounts, audit: audit, signIn: signIn),
            openID,
            CodePage(frame: frame, accounts: accounts, audit: audit, signIn: signIn),
            ResetPage(frame: frame, accounts: accounts, audit: audit, ways: frame.ways),
            ConfirmPage(frame: frame, accounts: accounts, audit: audit),
            SetupPage(frame: frame, accounts: accounts, audit: audit, signIn: signIn),
            ForgotPage(frame: frame, mailer: frame.canAskForLink ? services.accountMailer : nil),
            AccountPage(
                frame: frame, configuration: configuration, accounts: accounts, analyses: analyses,
                webhooks: services.webhooks, webhookCheck: services.webhookCheck, webhookPage: webhook, audit: audit,
                signIn: signIn, own: own, openID: openID, mailer: services.accountMailer),
            webhook,
            LeavePage(frame: frame, accounts: accounts, analyses: analyses, audit: audit, signIn: signIn),
            ModelPage(frame: frame, operations: operations, cards: services.cards, analyses: analyses),
            APIPage(frame: frame, configuration: configuration),
            OperationsPage(
                frame: frame, configuration: configuration, operations: operations, analyses: analyses,
                switches: switches, audit: audit, limits: limits, broker: broker),
            AuditPage(frame: frame, operations: operations),
            PeoplePage(
                frame: frame, configuration: configuration, operations: operations, accounts: accounts,
                switches: switches, audit: audit, signIn: signIn),
            JobsPage(frame: frame, operations: operations),
            HomePage(frame: frame, analyses: analyses),
            TrendsPage(frame: frame, analyses: analyses),
            new,
            ResultPage(
                frame: frame, analyses: analyses, operations: operations, deletion: deletion, limits: limits, own: own),
            HistoryPage(
                frame: frame, analyses: analyses, deletion: deletion, limits: limits, changes: services.changes,
                printer: services.printer, configuration: configuration),
            BinPage(frame: frame, analyses: analyses, audit: audit, configuration: configuration),
            BatchPage(frame: frame, analyses: analyses, deletion: deletion, limits: limits, own: own),
            SharesPage(frame: frame, own: own),
            SharedPage(
                frame: frame, shares: own.shares, analyses: analyses, changes: services.changes,
                printer: services.printer, signIn: signIn, pass: SharePass(secret: configuration.secret),
                isOn: own.isOn),
        ]
    }

    /// `SessionMiddleware` and `ErrorPageMiddleware` have to be there already.
    func addRoutes(to router: Router<GatewayContext>) {
        for page in pages { page.addRoutes(to: router) }
    }
}
