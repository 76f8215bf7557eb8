package import Accounts
package import Analyses
package import Foundation
package import Mail
package import Settings
package import Webhooks

/// Everything an operator can set on the gateway, read once and checked together.
package struct GatewayConfiguration: Sendable {
    /// `MIEN_DATABASE_URL`
    package var databaseURL: String
    /// `MIEN_DATABASE_CONNECTIONS`
    package var databaseConnections: Int
    /// `MIEN_KAFKA_BROKERS`
    package var kafkaBrokers: String
    /// `MIEN_KAFKA_TOPIC_PREFIX`
    package var topicPrefix: String
    /// `MIEN_KAFKA_PARTITIONS`: for topics that the gateway has to create.
    package var topicPartitions: Int
    /// `MIEN_KAFKA_REPLICATION`: the same.
    package var topicReplication: Int
    /// `MIEN_KAFKA_MIN_INSYNC`: how many copies a message must reach to be taken; nil for the broker's own setting.
    package var topicMinInSync: Int?
    /// `MIEN_KAFKA_STATIC_MEMBERS`: rejoin the consumer group under the same name after a crash.
    ///
    /// The broker for one machine (noida-db 0.2.3) never gives up a member that died, and a new one waits for it for
    /// ever; a member of the same name takes its place at once. Apache Kafka notices by itself, so there it is off.
    package var staticMembers: Bool
    /// `MIEN_HTTP_HOST`: where browsers and API clients come.
    package var host: String
    /// `MIEN_HTTP_PORT`
    package var port: Int
    /// `MIEN_INTERNAL_HOST`: where workers claim photos and Prometheus scrapes; never published.
    package var internalHost: String
    /// `MIEN_INTERNAL_PORT`
    package var internalPort: Int
    /// `MIEN_SECRET`: signs tickets and CSRF tokens, and seals the secrets of second factors.
    package var secret: String
    /// `MIEN_WEB_DIR`: the folder with Pages/ and Static/; nil for the ones built in.
    package var webDirectory: URL?
    /// `MIEN_MIGRATIONS_DIR`
    package var migrationsDirectory: URL
    /// `MIEN_REGISTRATION`
    package var registration: SiteSwitches.Registration
    /// `MIEN_REQUIRE_TWO_FACTOR`: who gets nowhere without a second factor.
    package var secondFactorRule: SecondFactorRule
    /// `MIEN_SECURE_COOKIES`
    package var secureCookies: SecureCookies
    /// `MIEN_TRUST_PROXY`: take the client's address and scheme from X-Forwarded-For and X-Forwarded-Proto.
    package var trustsProxy: Bool
    /// `MIEN_MAX_UPLOAD_BYTES`: one photo; no more than ``maxFormBytes``, past which none is taken.
    package var maxPhotoBytes: Int
    /// Whether HEIC and AVIF are taken; the workers must be set alike.
    package var acceptsHEIF: Bool
    /// `MIEN_MAX_UPLOAD_SECONDS`: one form, from its first byte to its last.
    package var maxUploadSeconds: Int
    /// `MIEN_MAX_BATCH_PHOTOS`: sent together; the page takes as many at once, each in a request of its own.
    package var maxBatchPhotos: Int
    /// `MIEN_MAX_OPEN_PER_USER`: queued and processing analyses of one person, past which 429 is answered.
    package var maxOpenPerUser: Int
    /// `MIEN_MAX_OPEN`: of everybody, past which 503 is answered.
    package var maxOpen: Int
    /// `MIEN_API_REQUESTS_PER_MINUTE`: of one token; 0 for no limit.
    package var apiRequestsPerMinute: Int
    /// `MIEN_RETRY_SECONDS`: how long a job may be without a sign before it is published again.
    package var retrySeconds: Int
    /// `MIEN_MIN_FREE_DISK_MB`: uploads are refused while less than this is free at `diskPath`.
    package var minFreeDiskMB: Int
    /// `MIEN_DISK_PATH`
    package var diskPath: String

    /// `MIEN_PUBLIC_URL`: where people reach the site, for links that are printed or sent; nil when it is not known.
    package var publicURL: URL?
    /// `MIEN_MODELS_DIR`: the folder with NAME/VERSION/card.json, for the page about the model.
    package var modelsDirectory: URL?
    /// `MIEN_RETENTION_DAYS`: analyses are deleted so long after they ended; 0 keeps them.
    package var retentionDays: Int
    /// `MIEN_BIN_DAYS`: how long what people delete can be put back; 0 deletes at once.
    package var binDays: Int
    /// `MIEN_AUDIT_DAYS`: how long the audit log is kept.
    package var auditDays: Int

    /// `MIEN_SMTP_URL`, `MIEN_SMTP_USER`, `MIEN_SMTP_PASSWORD`, `MIEN_SMTP_FROM`, `MIEN_SMTP_TLS`: sends links for new
    /// passwords; nil where none is set.
    package var mail: MailConfiguration?

    /// `MIEN_OIDC_…`: sign-in by a provider; nil where none is set.
    package var openID: OpenIDSettings?
    /// `MIEN_PASSWORD_LOG_IN`: off only where there is a provider.
    package var passwordLogIn: PasswordLogIn

    /// `MIEN_WEBHOOK_HOSTS`: hosts that webhooks may call wherever they are, also without TLS.
    package var webhookHosts: WebhookTarget.AllowedHosts
    /// A PEM file of the authorities that are trusted for them; nil for the system's.
    package var webhookAuthorities: URL?

    /// `MIEN_SHARING`: whether people may give others links to their results.
    package var sharing: Sharing

    /// When sharing is off, none is made, and those that are there show nothing.
    package enum Sharing: String, CaseIterable, Sendable { case on, off }

    /// Of whom a second factor is asked.
    package enum SecondFactorRule: String, CaseIterable, Sendable {
        case off, admins, all

        /// Whether somebody has to have one.
        package func includes(_ user: User) -> Bool {
            switch self {
            case .off: false
            case .admins: user.isAdmin
            case .all: true
            }
        }
    }

    /// When cookies carry `Secure`: `auto` looks at X-Forwarded-Proto.
    package enum SecureCookies: String, CaseIterable, Sendable { case auto, always, never }

    /// Most photos in one form: they are held in memory together.
    package static let maxPhotosPerForm = 20
    /// Bytes that the photos of one form may have together, and so one photo at most.
    package static let maxFormBytes = 64 << 20

    /// Reads the settings; wrong ones are collected in `settings`, whose `check()` the caller runs.
    package init(_ settings: SettingsReader) {
        databaseURL = settings.requiredString(
            "MIEN_DATABASE_URL", hint: "a PostgreSQL address such as postgresql://mien:PASSWORD@127.0.0.1:5432/mien",
            isSecret: true)
        databaseConnections = settings.integer("MIEN_DATABASE_CONNECTIONS", default: 8, in: 2...100)
        kafkaBrokers = settings.requiredString(
            "MIEN_KAFKA_BROKERS", hint: "a comma-separated list such as 127.0.0.1:9092")
        topicPrefix = settings.string("MIEN_KAFKA_TOPIC_PREFIX", default: "mien.")
        topicPartitions = settings.integer("MIEN_KAFKA_PARTITIONS", default: 16, in: 1...1000)
        topicReplication = settings.integer("MIEN_KAFKA_REPLICATION", default: 1, in: 1...10)
        topicMinInSync = Self.minInSync(settings, replication: topicReplication)
        staticMembers = settings.isOn("MIEN_KAFKA_STATIC_MEMBERS")
        host = settings.string("MIEN_HTTP_HOST", default: "127.0.0.1")
        port = settings.integer("MIEN_HTTP_PORT", default: 8080, in: 0...65535)
        internalHost = settings.string("MIEN_INTERNAL_HOST", default: "127.0.0.1")
        internalPort = settings.integer("MIEN_INTERNAL_PORT", default: 8081, in: 0...65535)
        secret = settings.requiredString(
            "MIEN_SECRET", hint: "at least 32 random characters, or set MIEN_SECRET_FILE", isSecret: true)
        if !secret.isEmpty, secret.utf8.count < 32 {
            settings.refuseSecret(
                "MIEN_SECRET", because: "is shorter than 32 characters; make one with: openssl rand -hex 32")
        }
        webDirectory = settings.optionalString("MIEN_WEB_DIR").map { URL(fileURLWithPath: $0) }
        migrationsDirectory = settings.existingPath(
            "MIEN_MIGRATIONS_DIR", default: "Migrations", hint: "the folder with the NNNN_name.up.sql files")
        registration = settings.choice("MIEN_REGISTRATION", default: .open)
        secondFactorRule = settings.choice("MIEN_REQUIRE_TWO_FACTOR", default: .off)
        secureCookies = settings.choice("MIEN_SECURE_COOKIES", default: .auto)
        trustsProxy = settings.isOn("MIEN_TRUST_PROXY")
        maxPhotoBytes = settings.integer("MIEN_MAX_UPLOAD_BYTES", default: 10 << 20, in: 1024...Self.maxFormBytes)
        acceptsHEIF = settings.isOn("MIEN_ACCEPT_HEIC")
        maxUploadSeconds = settings.integer("MIEN_MAX_UPLOAD_SECONDS", default: 120, in: 1...3600)
        maxBatchPhotos = settings.integer("MIEN_MAX_BATCH_PHOTOS", default: 200, in: 1...Batch.limit)
        maxOpenPerUser = settings.integer("MIEN_MAX_OPEN_PER_USER", default: 1_000, in: 1...1_000_000)
        maxOpen = settings.integer("MIEN_MAX_OPEN", default: 20_000, in: 1...10_000_000)
        apiRequestsPerMinute = settings.integer("MIEN_API_REQUESTS_PER_MINUTE", default: 1_200, in: 0...1_000_000)
        retrySeconds = settings.integer("MIEN_RETRY_SECONDS", default: 30, in: 1...3600)
        minFreeDiskMB = settings.integer("MIEN_MIN_FREE_DISK_MB", default: 512, in: 0...1_000_000)
        diskPath = settings.string("MIEN_DISK_PATH", default: ".")
        publicURL =
            settings.optionalString("MIEN_PUBLIC_URL") == nil
            ? nil : settings.httpURL("MIEN_PUBLIC_URL", default: "https://mien.example.org")
        modelsDirectory = settings.optionalString("MIEN_MODELS_DIR").map { URL(fileURLWithPath: $0) }
        mail = Self.mail(settings, publicURL: publicURL)
        openID = Self.openID(settings, publicURL: publicURL)
        passwordLogIn = Self.passwordLogIn(settings, openID: openID)
        webhookHosts = WebhookTarget.AllowedHosts(settings.optionalString("MIEN_WEBHOOK_HOSTS") ?? "")
        webhookAuthorities = settings.optionalString("MIEN_WEBHOOK_CA_FILE").map {
            settings.existingPath("MIEN_WEBHOOK_CA_FILE", default: $0, hint: "a PEM file of trusted certificates")
        }
        if let wrong = webhookHosts.wrong.first {
            settings.refuse(
                "MIEN_WEBHOOK_HOSTS", wrong, takes: "names and addresses without ports, such as hooks.lan,192.168.1.5")
        }
        retentionDays = settings.integer("MIEN_RETENTION_DAYS", default: 0, in: 0...36_500)
        binDays = settings.integer("MIEN_BIN_DAYS", default: 30, in: 0...3_650)
        auditDays = settings.integer("MIEN_AUDIT_DAYS", default: 365, in: 1...36_500)
        sharing = settings.choice("MIEN_SHARING", default: .on)
    }
}

extension GatewayConfiguration {
    /// A topic that asks for more copies than it has would take no message at all.
    /// How topics are made.
    package var topicSettings: TopicSettings {
        TopicSettings(partitions: topicPartitions, replication: topicReplication, minInSync: topicMinInSync)
    }

    private static func minInSync(_ settings: SettingsReader, replication: Int) -> Int? {
        guard let text = settings.optionalString("MIEN_KAFKA_MIN_INSYNC") else { return nil }
        if let value = Int(text), (1...replication).contains(value) { return value }
        settings.refuse(
            "MIEN_KAFKA_MIN_INSYNC", text, takes: "a whole number from 1 to MIEN_KAFKA_REPLICATION (\(replication))")
        return nil
    }

    private static func mail(_ settings: SettingsReader, publicURL: URL?) -> MailConfiguration? {
        let user = settings.optionalString("MIEN_SMTP_USER")
        let password = settings.optionalString("MIEN_SMTP_PASSWORD", isSecret: true)
        let from = settings.optionalString("MIEN_SMTP_FROM")
        let security = settings.choice("MIEN_SMTP_TLS", default: MailConfiguration.Security.required)
        let authorities = settings.optionalString("MIEN_SMTP_CA_FILE").map {
            settings.existingPath("MIEN_SMTP_CA_FILE", default: $0, hint: "a PEM file of trusted certificates")
        }
        guard let url = settings.optionalString("MIEN_SMTP_URL") else { return nil }
        if !["smtp://", "smtps://"].contains(where: url.lowercased().hasPrefix) {
            settings.refuse("MIEN_SMTP_URL", url, takes: "smtps://HOST:465 or smtp://HOST:587")
        }
        if AccountDetails.problem(withEmail: from ?? "") != nil {
            settings.refuse("MIEN_SMTP_FROM", from ?? "", takes: "the address that messages come from")
        }
        // A link made from a request's Host header could be led elsewhere by whoever asks for it.
        if publicURL == nil {
            settings.refuse("MIEN_PUBLIC_URL", "", takes: "the site's address, which links in messages begin with")
        }
        return MailConfiguration(
            url: url, user: user, password: password, from: from ?? "", security: security, authorities: authorities)
    }
}

extension GatewayConfiguration {
    /// What links begin with: `publicURL` without a slash at its end; empty when it is not known.
    package var publicAddress: String {
        let text = publicURL?.absoluteString ?? ""
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
