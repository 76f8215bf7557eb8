public import Foundation
internal import Logging

/// The project's schema as numbered steps, each applied once and in one transaction.
///
/// Several processes may start at once: a session lock of the database lets one migrate, and the others wait for it. What
/// was applied is kept in the table `schema_migrations` with the SHA-256 of its file.
///
/// The site goes on meanwhile. Whoever waits for a lock on a table makes all wait who come after, so a migration waits for one
/// a few seconds at most, lets the others pass, and begins anew.
public struct Migrations: Sendable {
    /// Any number that no other program takes: "mien" in ASCII.
    private static let lockKey: Int64 = 0x6D69_656E

    /// How long the others are let pass before a migration asks for its locks again.
    private static let pause = Duration.seconds(5)

    private let migrations: [Migration]
    private let patience: Duration

    /// Reads the pairs of files `NNNN_name.up.sql` and `NNNN_name.down.sql`, numbered from 0001 without a gap.
    /// - Parameter patience: how long a migration tries to get the locks that it needs. A backup holds one on every table
    ///   until it is done.
    /// - Throws: `PostgresError` with the code `.migrationFilesInvalid`.
    public init(directory: URL, patience: Duration = .seconds(2 * 3600)) throws {
        migrations = try MigrationFiles.read(directory)
        self.patience = patience
    }

    /// Applies what is pending, in order.
    /// - Returns: the titles of what was applied.
    /// - Throws: `PostgresError`; a migration that failed has changed nothing, and those before it stay.
    @discardableResult
    public func up(on pool: ConnectionPool) async throws -> [String] {
        try await locked(pool) { connection in
            let statuses = try await status(on: connection)
            try statuses.requireKnown()
            let pending = Set(statuses.filter { $0.state == .pending }.map(\.version))
            let steps = migrations.filter { pending.contains($0.version) }
            for step in steps {
                try await run(step.up, of: step, on: connection) {
                    """
                    INSERT INTO schema_migrations (version, name, checksum)
                    VALUES (\(step.version), \(step.name), encode(sha256(\(Array(step.up.utf8))), 'hex'))
                    """
                }
                pool.logger.info("A migration was applied", metadata: ["migration": "\(step.title)"])
            }
            return steps.map(\.title)
        }
    }

    /// Undoes what was applied after a version, in reverse order.
    /// - Parameter version: the last one that stays; 0 undoes everything.
    /// - Returns: the titles of what was undone.
    /// - Throws: `PostgresError`; a migration that failed has changed nothing.
    @discardableResult
    public func down(on pool: ConnectionPool, to version: Int) async throws -> [String] {
        try await locked(pool) { connection in
            let statuses = try await status(on: connection)
            try statuses.requireKnown()
            let applied = Set(statuses.filter { $0.state != .pending && $0.version > version }.map(\.version))
            let steps = migrations.filter { applied.contains($0.version) }.reversed()
            for step in steps {
                try await run(step.down, of: step, on: connection) {
                    "DELETE FROM schema_migrations WHERE version = \(step.version)"
                }
                pool.logger.info("A migration was undone", metadata: ["migration": "\(step.title)"])
            }
            return steps.map(\.title)
        }
    }

    /// Where every migration stands that the database or this build knows, in order.
    public func status(on session: some PostgresSession) async throws -> [MigrationStatus] {
        let applied = try await applied(on: session)
        let checksums = try await checksums(on: session)
        let known = migrations.map { migration in
            guard let row = applied[migration.version] else {
                return MigrationStatus(version: migration.version, name: migration.name, state: .pending)
            }
            let isSame = row.name == migration.name && row.checksum == checksums[migration.version]
            return MigrationStatus(
                version: migration.version, name: migration.name, state: isSame ? .applied(row.at) : .changed(row.at))
        }
        let unknown = applied.filter { $0.key > migrations.count }.map { version, row in
            MigrationStatus(version: version, name: row.name, state: .unknown(row.at))
        }
        return known + unknown.sorted { $0.version < $1.version }
    }

    /// Checks that the database and this build agree.
    /// - Throws: `PostgresError` with the code `.schemaBehind`, `.schemaAhead` or `.migrationChanged`, whose description
    ///   names the migrations; or what asking the database throws.
    public func requireCurrent(on session: some PostgresSession) async throws {
        try await status(on: session).requireCurrent()
    }
}

extension Migrations {
    private typealias Applied = (name: String, checksum: String, at: Date)

    private func applied(on session: some PostgresSession) async throws -> [Int: Applied] {
        let exists = try await session.first("SELECT to_regclass('schema_migrations') IS NOT NULL")?.decode(Bool.self)
        guard exists == true else { return [:] }
        var applied: [Int: Applied] = [:]
        for row in try await session.query("SELECT version, name, checksum, applied_at FROM schema_migrations") {
            let (version, name, checksum, at) = try row.decode((Int, String, String, Date).self)
            applied[version] = (name, checksum, at)
        }
        return applied
    }

    /// The database computes them: no library for it is needed here.
    private func checksums(on session: some PostgresSession) async throws -> [Int: String] {
        let files = migrations.map { "(\($0.version), \(Array($0.up.utf8)))" as Statement }
        let rows = try await session.query(
            """
            SELECT version, encode(sha256(text), 'hex')
            FROM (VALUES \(files.joined(separator: ", "))) AS file (version, text)
            """)
        return Dictionary(uniqueKeysWithValues: try rows.map { try $0.decode((Int, String).self) })
    }

    private func run(
        _ script: String, of step: Migration, on connection: Connection, recording record: @Sendable () -> Statement
    ) async throws {
        let end = ContinuousClock.now + patience
        while true {
            do {
                return try await attempt(script, on: connection, recording: record)
            } catch let error as PostgresError {
                // A deadlock is one of waiting for locks too: the server ended it at the migration's cost.
                guard [.lockNotAvailable, .deadlockDetected].contains(error.code), .now + Self.pause < end else {
                    throw error.inside("The migration \(step.title) failed")
                }
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func attempt(
        _ script: String, on connection: Connection, recording record: @Sendable () -> Statement
    ) async throws {
        try await connection.withTransaction { connection in
            try await connection.execute("SET LOCAL lock_timeout = '3s'")
            try await connection.runScript(script)
            guard connection.health == .inTransaction else {
                throw PostgresError(.migrationFilesInvalid, "It ends its transaction itself")
            }
            try await connection.execute(record())
        }
    }

    /// Names, once each, the sessions that a migration waits for, until it is cancelled: what holds the locks is seen only
    /// while somebody waits for them.
    private func nameHolders(before pid: Int, on pool: ConnectionPool) async {
        var named: Set<Int> = []
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            // Other roles' sessions show no time.
            let holders = try? await pool.query(
                """
                SELECT pid, application_name, extract(epoch FROM clock_timestamp() - xact_start)::bigint
                FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids(\(pid)::integer))
                """
            ).map { try $0.decode((Int, String, Int?).self) }
            for (pid, application, seconds) in holders ?? [] where named.insert(pid).inserted {
                pool.logger.warning(
                    "A migration waits for a lock that another session holds; the site goes on meanwhile",
                    metadata: [
                        "lock.pid": "\(pid)", "lock.application": "\(application)",
                        "lock.seconds": "\(seconds.map(String.init) ?? "unknown")",
                    ])
            }
        }
    }

    /// A connection of its own: waiting for the lock and changing a great table may take longer than the pool's statements
    /// may, and closing it frees the lock in any case.
    private func locked<R: Sendable>(
        _ pool: ConnectionPool, _ body: @Sendable (Connection) async throws -> R
    ) async throws -> R {
        var configuration = pool.configuration
        configuration.statementTimeout = .zero
        let connection = try await Connection.connect(configuration, logger: pool.logger)
        do {
            try await lock(connection, pool.logger)
            let pid = try await connection.first("SELECT pg_backend_pid()")?.decode(Int.self)
            async let _ = nameHolders(before: pid ?? 0, on: pool)
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    private func lock(_ connection: Connection, _ logger: Logger) async throws {
        let isFree = try await connection.first("SELECT pg_try_advisory_lock(\(Self.lockKey))")?.decode(Bool.self)
        if isFree != true {
            logger.info("Another process migrates the database; waiting for it")
            try await connection.execute("SELECT pg_advisory_lock(\(Self.lockKey))")
        }
        try await connection.execute(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version    integer PRIMARY KEY,
                name       text NOT NULL,
                checksum   text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """)
    }
}
