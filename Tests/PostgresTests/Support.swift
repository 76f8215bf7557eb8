import Logging
import Postgres
import Synchronization
import TestSupport

/// A pool on an empty database of the shared server.
func makePool(
    size: Int = 4, statementTimeout: Duration = .seconds(30), acquireTimeout: Duration = .seconds(30),
    logger: Logger = Logger(label: "mien.tests")
) async throws -> ConnectionPool {
    let url = try await PrivatePostgres.shared().makeDatabase(migrated: false)
    return makePool(
        url: url, size: size, statementTimeout: statementTimeout, acquireTimeout: acquireTimeout, logger: logger)
}

func makePool(
    url: String, size: Int = 4, statementTimeout: Duration = .seconds(30), acquireTimeout: Duration = .seconds(30),
    logger: Logger = Logger(label: "mien.tests")
) -> ConnectionPool {
    let configuration = PostgresConfiguration(
        url: url, applicationName: "mien tests", size: size, connectTimeout: .seconds(60),
        statementTimeout: statementTimeout,
        acquireTimeout: acquireTimeout, drainTimeout: .milliseconds(200))
    return ConnectionPool(configuration, logger: logger)
}

/// What an operation throws, when it is an error of ours.
func postgresError<Value>(_ operation: () async throws -> Value) async -> PostgresError? {
    do {
        _ = try await operation()
        return nil
    } catch {
        return error as? PostgresError
    }
}

/// Keeps what is logged.
final class RecordingLog: LogHandler {
    typealias Entry = (level: Logger.Level, message: String, metadata: Logger.Metadata)

    private let kept = Mutex<[Entry]>([])

    var entries: [Entry] { kept.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append((event.level, "\(event.message)", event.metadata ?? [:])) }
    }
}
