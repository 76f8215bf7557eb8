import Analyses
import ArgumentParser
import Contracts
import Foundation
import Kafka
import Logging
import OpenID
import Operations
import Postgres
import Settings
import Vision

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks what an installation needs and says what to do about what is wrong.",
        discussion:
            "Reads the gateway's settings, and MIEN_MODELS_DIR, MIEN_MODEL, MIEN_PRECISION and MIEN_DETECTOR. Exits with 1 when something is wrong."
    )

    func run() async throws {
        let settings = SettingsReader()
        let configuration = GatewayConfiguration(settings)
        let models = settings.string("MIEN_MODELS_DIR", default: "Services/Worker/Models")
        let model = settings.optionalString("MIEN_MODEL")
        let precision = settings.choice("MIEN_PRECISION", default: Pipeline.PrecisionChoice.auto)
        let detector = settings.string("MIEN_DETECTOR", default: "/usr/local/share/mien/centerface.onnx")
        let paths = UsedPaths(settings, configuration: configuration, models: models, detector: detector)
        try settings.check()
        say("ok", "settings")
        let pool = ConnectionPool(
            PostgresConfiguration(url: configuration.databaseURL, applicationName: "mien", size: 2),
            logger: Logger(label: "mien.doctor"))
        let database = await check("database") { try await checkDatabase(configuration, pool) }
        let broker = await check("broker") { try await checkBroker(configuration) }
        let files = await check("models") { try checkModels(models, wanted: model, precision, detector: detector) }
        let disk = await check("disk") { try checkDisk(configuration) }
        let provider = await checkProvider(configuration)
        let permissions = await checkPermissions(secrets: settings.secretFiles, paths: paths, database: pool)
        await pool.close()
        if ![database, broker, files, disk, provider, permissions].allSatisfy({ $0 }) { throw ExitCode(1) }
    }

    /// What became of a check, its name, and the details, whose further lines stand below the first.
    func say(_ result: String, _ name: String, _ details: String = "") {
        let columns = [(result, 8), (name, 11)].map { $0.0.padding(toLength: $0.1, withPad: " ", startingAt: 0) }
        let lines = details.replacing("\n", with: "\n" + String(repeating: " ", count: 21))
        print((columns + [lines]).joined(separator: " ").trimmingCharacters(in: .whitespaces))
    }

    private func check(_ name: String, _ body: () async throws -> String) async -> Bool {
        do {
            say("ok", name, try await body())
            return true
        } catch {
            say("problem", name, "\(error)")
            return false
        }
    }

    private func checkDatabase(_ configuration: GatewayConfiguration, _ pool: ConnectionPool) async throws -> String {
        do {
            try await Migrations(directory: configuration.migrationsDirectory).requireCurrent(on: pool)
        } catch let error as PostgresError where error.code == .schemaBehind {
            throw CommandFailure(message: "\(error): mien migrate up.")
        } catch let error as PostgresError where error.isRetriable {
            throw CommandFailure(
                message: "\(error). Start PostgreSQL, or set MIEN_DATABASE_URL, which names server, user and password.")
        }
        let row = try await pool.first(
            "SELECT abs(extract(epoch FROM now()) - \(Date.now.timeIntervalSince1970))::float8, current_setting('server_version')"
        )
        guard let (skew, version) = try row?.decode((Double, String).self) else { return "reachable" }
        if skew > 5 {
            throw CommandFailure(
                message: "The database's clock differs from this machine's by \(Int(skew)) s. Set both by NTP.")
        }
        guard try await Listener.hears(pool.configuration, logger: Logger(label: "mien.doctor")) else {
            throw CommandFailure(
                message: """
                    Its notifications do not arrive, so that results show late. A pooler in transaction mode swallows them: \
                    let it pool sessions (pool_mode = session), or connect to PostgreSQL itself.
                    """)
        }
        return "PostgreSQL \(version), schema current, notifications arrive"
    }

    private func checkBroker(_ configuration: GatewayConfiguration) async throws -> String {
        // What the client finds is told once, here.
        let admin = try Admin(
            KafkaConfiguration(brokers: configuration.kafkaBrokers, clientID: "mien"),
            logger: Logger(label: "mien.doctor") { _ in SwiftLogNoOpLogHandler() })
        let metadata: ClusterMetadata
        let topics = Topics(prefix: configuration.topicPrefix)
        let settings: [String: [String: String]]?
        do {
            metadata = try await admin.metadata(timeout: .seconds(5))
            // Not every broker that speaks Kafka's protocol tells.
            settings = try? await admin.settings(of: topics.all, timeout: .seconds(5))
        } catch let error as KafkaError where error.isRetriable {
            throw CommandFailure(
                message: """
                    Kafka cannot be used at \(configuration.kafkaBrokers): \(error.outage ?? "it does not answer"). \
                    Does it run, and is it the one that MIEN_KAFKA_BROKERS is to name?
                    """)
        }
        await admin.close()
        let findings = TopicFinding.all(
            configuration.topicSettings.specifications(of: topics), present: metadata.topics, settings: settings)
        for finding in findings where finding.severity == .warning { say("warning", "topics", finding.description) }
        let problems = findings.filter { $0.severity == .problem }
        if !problems.isEmpty {
            throw CommandFailure(message: problems.map(\.description).joined(separator: "\n"))
        }
        let useful =
            [topics.jobsInteractive, topics.jobsBulk].compactMap { metadata.topics[$0]?.partitions }.min() ?? 0
        return """
            \(metadata.brokers.count) broker(s), all topics there; up to \(useful) worker processes are of use; \
            \(KafkaLibrary.description)
            """
    }

    /// Whether people can log in by the provider, as far as that shows without one of them.
    private func checkProvider(_ configuration: GatewayConfiguration) async -> Bool {
        guard let openID = configuration.openID else { return true }
        return await check("provider") {
            let provider = OpenIDProvider(
                openID.client, logger: Logger(label: "mien.doctor") { _ in SwiftLogNoOpLogHandler() })
            let keys = try await provider.check()
            return "\(openID.client.issuer), \(keys) key(s); sends people back to \(openID.client.redirectURI)"
        }
    }

    private func checkModels(
        _ models: String, wanted: String?, _ precision: Pipeline.PrecisionChoice, detector: String
    ) throws -> String {
        // YuNet proposes what the detector judges; the pipeline looks for it there.
        let proposer = URL(filePath: detector).deletingLastPathComponent().appending(path: "yunet.onnx").path
        for file in [detector, proposer] where !FileManager.default.isReadableFile(atPath: file) {
            throw CommandFailure(message: "No face detector at \(file). Run Deploy/setup, or set MIEN_DETECTOR.")
        }
        do {
            let folder = try ModelCatalogue.find(wanted, in: URL(filePath: models))
            // As workers do when they start.
            let card: ModelCard
            do throws(VisionError) { card = try ModelCard.load(from: folder) } catch {
                throw CommandFailure(
                    message: "\(Classify.explain(error)) No worker starts with \(folder.path): copy the model anew.")
            }
            _ = try card.network(for: precision, in: folder)
            return "workers load \(ModelCatalogue.reference(of: folder))"
        } catch {
            throw CommandFailure(message: Classify.explain(error))
        }
    }

    private func checkDisk(_ configuration: GatewayConfiguration) throws -> String {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: configuration.diskPath)
        let free = (attributes[.systemFreeSize] as? Int ?? 0) >> 20
        if free < configuration.minFreeDiskMB {
            throw CommandFailure(
                message:
                    "Only \(free) MB are free at \(configuration.diskPath); uploads are refused below \(configuration.minFreeDiskMB) MB."
            )
        }
        return "\(free) MB free"
    }
}
