import Logging
import Postgres
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
