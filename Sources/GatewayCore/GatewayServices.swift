import Accounts
import Analyses
import Foundation
import Logging
import Mail
import OpenID
import Operations
import Postgres
import Reports
import Webhooks

/// The parts that routes and background services share; made once by `buildGateway`.
struct GatewayServices: Sendable {
    let configuration: GatewayConfiguration
    let database: ConnectionPool
    let logger: Logger
    let analyses: AnalysisStore
    let changes: AnalysisChanges
    let switches: SiteSwitches
    let audit: AuditLog
    let factors: SecondFactorStore
    let operations: OperationsStore
    let cards: ModelCards
    let printer = ReportPrinter()
    let webhooks: WebhookStore
    let webhookCheck: WebhookCheck
    /// Nil where the operator has set no SMTP server.
    let accountMailer: AccountMailer?
    /// The same.
    let webhookMailer: WebhookMailer?
    /// Nil where the operator has set no provider.
    let provider: OpenIDProvider?

    init(configuration: GatewayConfiguration, database: ConnectionPool, logger: Logger) {
        self.configuration = configuration
        self.database = database
        self.logger = logger
        analyses = AnalysisStore(database: database)
        changes = AnalysisChanges()
        switches = SiteSwitches(database: database, registration: configuration.registration)
        audit = AuditLog(database: database)
        factors = SecondFactorStore(database: database, secret: configuration.secret)
        operations = OperationsStore(database: database)
        cards = ModelCards(directory: configuration.modelsDirectory, logger: logger)
        webhooks = WebhookStore(database: database)
        webhookCheck = WebhookCheck(allowed: configuration.webhookHosts)
        webhookMailer = configuration.mail.map { mail in
            WebhookMailer(
                database: database, mailer: Mailer(mail), site: configuration.publicAddress, logger: logger)
        }
        provider = configuration.openID.map { OpenIDProvider($0.client, logger: logger) }
        accountMailer = configuration.mail.map { mail in
            AccountMailer(
                accounts: AccountStore(database: database), mailer: Mailer(mail),
                site: configuration.publicAddress, logger: logger)
        }
    }
}
