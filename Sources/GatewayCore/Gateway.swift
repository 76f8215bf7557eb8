// GatewayCore: what people and programs talk to. It keeps accounts and analyses in PostgreSQL, sends jobs to the
// workers through Kafka, and takes their results back.

import Accounts
import Analyses
import Contracts
import Foundation
import Hummingbird
import HummingbirdCore
import Kafka
package import Logging
import NIOCore
package import Operations
import Postgres
package import ServiceLifecycle
import Webhooks

/// The whole gateway, put together once; production and tests run the same one.
package struct Gateway: Sendable {
    let services: GatewayServices
    let producer: Producer
    let admin: Admin
    let topics: Topics
    /// Of ``Contracts/Topics/readers``, in their order.
    let groups: [GroupOffsets]
    let broker: BrokerWatch
    let results: SupervisedConsumer
    private let heartbeats: SupervisedConsumer
    private let configuration: GatewayConfiguration
    private let metricsText: @Sendable () -> String
    private let onRunning: @Sendable (Listening) async -> Void
    private let logger: Logger

    /// Where the gateway listens, once it does.
    package enum Listening: Sendable {
        /// For browsers and API clients, on this port.
        case web(port: Int)
        /// For workers and Prometheus, on this port.
        case `internal`(port: Int)
    }

    /// Makes the parts; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - metricsText: what `/metrics` on the internal port answers.
    ///   - onRunning: called once for each port that is listened on; with port 0 it tells which one it became.
    /// - Throws: when Kafka's client cannot be made from the settings.
    package init(
        _ configuration: GatewayConfiguration, metricsText: @escaping @Sendable () -> String, logger: Logger,
        onRunning: @escaping @Sendable (Listening) async -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        self.metricsText = metricsText
        self.onRunning = onRunning
        self.logger = logger
        topics = Topics(prefix: configuration.topicPrefix)
        let database = ConnectionPool(configuration.postgres, logger: logger)
        services = GatewayServices(configuration: configuration, database: database, logger: logger)
        let kafka = configuration.kafka
        producer = try Producer(kafka, logger: logger)
        admin = try Admin(kafka, logger: logger)
        groups = try topics.readers.map { try GroupOffsets(kafka, group: $0.group, logger: logger) }
        broker = BrokerWatch(groups: groups, topics: topics, logger: logger)
        let member = configuration.memberKafka
        results = Self.consumer(member, group: topics.recorderGroup, topic: topics.results, logger)
        heartbeats = Self.consumer(member, group: topics.workersGroup, topic: topics.workers, logger)
    }

    private static func consumer(
        _ kafka: KafkaConfiguration, group: String, topic: String, _ logger: Logger
    ) -> SupervisedConsumer {
        var logger = logger
        logger[metadataKey: "kafka.group"] = "\(group)"
        return SupervisedConsumer(logger: logger) { [logger] in
            try Consumer(kafka, group: group, topics: [topic], logger: logger)
        }
    }

    /// Checks that the schema is the one that this build was made for.
    ///
    /// - Throws: a `PostgresError` that says what is behind or ahead, or that the database cannot be reached.
    package func prepare() async throws {
        let migrations = try Migrations(directory: configuration.migrationsDirectory)
        try await migrations.requireCurrent(on: services.database)
    }

    /// Everything that runs, what others depend on first: it is stopped last.
    package func allServices() throws -> [any Service] {
        let listener = Listener(
            configuration.postgres,
            channels: [
                Outbox.channel, AnalysisNotice.channel, SiteSwitches.channel, WebhookEvent.channel,
                AccountStore.leavingChannel,
            ],
            logger: logger)
        let (wakeUps, wakeRelay) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (webhookWakeUps, wakeWebhooks) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (sweeperWakeUps, wakeSweeper) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let background: [any Service] = [
            services.database,
            KafkaClients(producer: producer, admin: admin, groups: groups),
            listener,
            NotificationDispatcher(
                listener: listener, changes: services.changes, switches: services.switches, wakeRelay: wakeRelay,
                wakeWebhooks: wakeWebhooks, wakeSweeper: wakeSweeper, logger: logger),
            SiteSwitchesWatcher(switches: services.switches, logger: logger),
            Relay(
                database: services.database, producer: producer, topics: topics, topicMaker: topicMaker,
                tickets: tickets, name: configuration.memberName, wakeUps: wakeUps, wake: wakeRelay, logger: logger),
            broker,
            Sweeper(
                database: services.database, broker: broker, topicMaker: topicMaker,
                grace: configuration.retrySeconds, logger: logger),
            QueueMetrics(
                database: services.database, disk: disk,
                consumers: [topics.results: results, topics.workers: heartbeats], logger: logger),
            TopicTrimmer(admin: admin, groups: groups, topics: topics, logger: logger),
            SessionSweeper(accounts: AccountStore(database: services.database), logger: logger),
            RetentionSweeper(
                database: services.database, retentionDays: configuration.retentionDays,
                binDays: configuration.binDays, auditDays: configuration.auditDays, wakeUps: sweeperWakeUps,
                logger: logger),
            WebhookSender(
                database: services.database, allowed: configuration.webhookHosts,
                authorities: configuration.webhookAuthorities, name: configuration.memberName,
                site: configuration.publicAddress, wakeUps: webhookWakeUps, wake: wakeWebhooks, logger: logger),
            workerRegistry,
            recorder,
        ]
        let mail = [services.accountMailer as (any Service)?, services.webhookMailer].compactMap { $0 }
        return background + mail + [internalApplication, try webApplication()]
    }

    var disk: DiskSpace {
        DiskSpace(path: configuration.diskPath, minFreeMB: configuration.minFreeDiskMB)
    }

    private var tickets: TicketSigner { TicketSigner(secret: configuration.secret) }

    var recorder: Recorder {
        Recorder(database: services.database, consumer: results, producer: producer, topics: topics, logger: logger)
    }

    private var workerRegistry: WorkerRegistry {
        WorkerRegistry(database: services.database, consumer: heartbeats, logger: logger)
    }

    private var topicMaker: TopicMaker {
        TopicMaker(
            admin: admin, producer: producer, topics: topics,
            specifications: configuration.topicSettings.specifications(of: topics),
            logger: logger)
    }

    /// For workers and Prometheus; never published to the outside.
    private var internalApplication: some ApplicationProtocol {
        let (host, port) = (configuration.internalHost, configuration.internalPort)
        return application(internalRouter, host: host, port: port) { port in
            await onRunning(.internal(port: port))
        }
    }

    var internalRouter: Router<GatewayContext> {
        let router = Router(context: GatewayContext.self)
        router.add(middleware: TraceMiddleware())
        router.add(middleware: LogRequestsMiddleware(.debug))
        router.add(middleware: InternalErrorMiddleware())
        ClaimRoutes(database: services.database, tickets: tickets).add(to: router)
        health.add(to: router)
        router.get("/metrics") { [metricsText] _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metricsText())))
        }
        return router
    }

    private var health: HealthRoutes {
        HealthRoutes(database: DatabaseHealth(services.database), broker: broker, results: results)
    }

    private func webApplication() throws -> some ApplicationProtocol {
        application(try webRouter(), host: configuration.host, port: configuration.port) { port in
            await onRunning(.web(port: port))
        }
    }

    func webRouter() throws -> Router<GatewayContext> {
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        // Before the middleware, which is for what is added after it: whether the process runs depends on nothing,
        // least of all on who asks.
        health.add(to: router)
        let accounts = AccountStore(database: services.database)
        try WebRoutes(services: services, accounts: accounts, disk: disk, broker: broker).add(to: router)
        return router
    }

    /// A connection that says nothing is closed, and one that takes nothing; uploads have their own deadline and minimum rate
    /// besides.
    ///
    /// - Parameter readingPatience: in which some of an answer has to be read. The system's buffer tells of a client behind a
    ///   quick proxy only when a third of it has been read, a megabyte: within two minutes that is no slow line.
    static func server(readingPatience: TimeAmount = .seconds(120)) -> HTTPServerBuilder {
        .http1(
            configuration: .init(
                additionalChannelHandlers: [
                    ContinueHandler(), ClosingHandler(), SlowReaderHandler(patience: readingPatience),
                    SlowRequestHandler(patience: .seconds(60)),
                ], idleTimeout: .seconds(60)))
    }

    private func application(
        _ router: Router<GatewayContext>, host: String, port: Int,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol {
        Application(
            router: router,
            server: Self.server(),
            configuration: .init(
                address: .hostname(host, port: port), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(4096)),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger)
    }
}
