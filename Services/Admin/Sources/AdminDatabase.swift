import Logging
import Postgres
import Settings

/// A small pool for one command.
enum AdminDatabase {
    /// Reads `MIEN_DATABASE_URL`, checks the settings, and lends a pool for the time of `body`.
    static func with<Result: Sendable>(
        _ settings: SettingsReader, _ body: @Sendable (ConnectionPool) async throws -> Result
    ) async throws -> Result {
        let url = settings.requiredString(
            "MIEN_DATABASE_URL", hint: "a PostgreSQL address such as postgresql://mien:PASSWORD@127.0.0.1:5432/mien",
            isSecret: true)
        try settings.check()
        let pool = ConnectionPool(
            PostgresConfiguration(url: url, applicationName: "mien", size: 2), logger: Logger(label: "mien"))
        let result = try await body(pool)
        await pool.close()
        return result
    }
}
