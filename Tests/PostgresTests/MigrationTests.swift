import Foundation
import Logging
import Postgres
import TestSupport
import Testing

/// A directory of migrations that is removed with it.
private final class MigrationDirectory {
    let url: URL

    init(_ files: [String: String]) throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("mien-migrations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (name, text) in files { try write(name, text) }
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func read() throws -> Migrations {
        try Migrations(directory: url)
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: url.appendingPathComponent(name))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(at: url.appendingPathComponent(name))
    }
}

@Suite(.timeLimit(.minutes(2)))
struct MigrationTests {
    private static let two = [
        "0001_first.up.sql": "CREATE TABLE first (n integer); INSERT INTO first VALUES (1);",
        "0001_first.down.sql": "DROP TABLE first;",
        "0002_second.up.sql": "INSERT INTO first VALUES (2);\nCREATE TABLE second (n integer);",
        "0002_second.down.sql": "DROP TABLE second; DELETE FROM first WHERE n = 2;",
        "notes.txt": "not a migration",
    ]

    private func tables(_ pool: ConnectionPool) async throws -> [String] {
        try await pool.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            .map { try $0.decode(String.self) }
    }

    @Test func migrationsAreAppliedOnceInOrder() async throws {
        let pool = try await makePool()
        let directory = try MigrationDirectory(Self.two)
        let migrations = try directory.read()
        #expect(try await migrations.up(on: pool) == ["0001_first", "0002_second"])
        #expect(try await migrations.up(on: pool) == [])
        #expect(try await tables(pool) == ["first", "schema_migrations", "second"])
        try await migrations.requireCurrent(on: pool)
        let row = try await pool.first("SELECT checksum, name FROM schema_migrations WHERE version = 1")
        let (checksum, name) = try #require(row).decode((String, String).self)
        // sha256sum of the file's text.
        #expect(checksum == "f08dfbbc175c52f7c63379106d452739c1ded4c295866dd888660d1c30d15dbc")
        #expect(name == "first")
    }

    @Test func manyMigratorsAtOnceApplyOnce() async throws {
        let pool = try await makePool()
        let directory = try MigrationDirectory(Self.two)
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<6 {
                let migrations = try directory.read()
                group.addTask { try await migrations.up(on: pool) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied.sorted() == ["0001_first", "0002_second"])
        let row = try await pool.first("SELECT count(*) FROM first")
        #expect(try row?.decode(Int.self) == 2)
    }

    @Test func migrationsAreUndoneInReverse() async throws {
        let pool = try await makePool()
        let directory = try MigrationDirectory(Self.two)
        let migrations = try directory.read()
        try await migrations.up(on: pool)
        #expect(try await migrations.down(on: pool, to: 1) == ["0002_second"])
        #expect(try await tables(pool) == ["first", "schema_migrations"])
        #expect(try await migrations.status(on: pool).map { $0.state == .pending } == [false, true])
        #expect(try await migrations.down(on: pool, to: 0) == ["0001_first"])
        #expect(try await migrations.up(on: pool) == ["0001_first", "0002_second"])
    }

    @Test func aDatabaseThatIsBehindIsRefused() async throws {
        let pool = try await makePool()
        let directory = try MigrationDirectory(Self.two)
        let migrations = try directory.read()
        let empty = await postgresError { try await migrations.requireCurrent(on: pool) }
        #expect(empty?.code == .schemaBehind)
        #expect(empty?.description.contains("lacks 0001_first, 0002_second") == true)
        try await migrations.up(on: pool)
        try await migrations.down(on: pool, to: 1)
        let behind = await postgresError { try await migrations.requireCurrent(on: pool) }
        #expect(behind?.description.contains("lacks 0002_second") == true)
    }

    @Test func aDatabaseThatIsAheadIsRefused() async throws {
        let pool = try await makePool()
        let directory = try MigrationDirectory(Self.two)
        try await directory.read().up(on: pool)
        try directory.remove("0002_second.up.sql")
        try directory.remove("0002_second.down.sql")
        let older = try directory.read()
        for refuse in [
            { try await older.requireCurrent(on: pool) }, { try await older.up(on: pool) },
            { try await older.down(on: pool, to: 0) },
        ] as [() async throws -> Void] {
            let error = await postgresError(refuse)
            #expect(error?.code == .schemaAhead)
            #expect(error?.description.contains("it has 0002_second") == true)
        }
        #expect(try await tables(pool) == ["first", "schema_migrations", "second"])
    }

    @Test func aChangedMigrationIsRefused() async throws {
        let pool = try await makePool()
        let directory = try MigrationDirectory(Self.two)
        try await directory.read().up(on: pool)
        try directory.write("0001_first.up.sql", "CREATE TABLE first (n bigint);")
        let changed = try directory.read()
        for refuse in [{ try await changed.requireCurrent(on: pool) }, { try await changed.up(on: pool) }]
            as [() async throws -> Void]
        {
            let error = await postgresError(refuse)
            #expect(error?.code == .migrationChanged)
            #expect(error?.description.contains("0001_first") == true)
            #expect(error?.description.contains("0002_second") == false)
        }
    }

    @Test func aFailedMigrationLeavesNothing() async throws {
        let pool = try await makePool()
        let directory = try MigrationDirectory(Self.two)
        try directory.write("0002_second.up.sql", "CREATE TABLE second (n integer); SELECT 1 / 0;")
        let error = await postgresError { _ = try await directory.read().up(on: pool) }
        #expect(error?.sqlState == "22012")
        #expect(error?.description.contains("0002_second") == true)
        #expect(try await tables(pool) == ["first", "schema_migrations"])
        // Repaired, it goes on from there.
        try directory.write("0002_second.up.sql", "CREATE TABLE second (n integer);")
        #expect(try await directory.read().up(on: pool) == ["0002_second"])
    }

    /// As a backup does, which holds a lock on every table until it is done.
    @Test func theSiteGoesOnWhileAMigrationWaitsForALock() async throws {
        let log = RecordingLog()
        let pool = try await makePool(logger: Logger(label: "mien.tests") { _ in log })
        let migrations = try await migrationThatNeedsALock(pool).read()
        let backup = try await backup(pool)
        async let applied = migrations.up(on: pool)
        // By now it waits, and a statement that comes after it is behind it.
        try await Task.sleep(for: .seconds(1.5))
        let start = ContinuousClock.now
        try await pool.execute("SELECT * FROM first")
        #expect(.now - start < .seconds(5))
        #expect(try await migrations.status(on: pool).last?.state == .pending)
        await backup.close()
        #expect(try await applied == ["0002_second"])
        let told = log.entries.filter { $0.message.contains("waits for a lock") }
        #expect(told.count == 1)
        #expect(told.first?.metadata["lock.application"] == "mien tests")
        #expect(told.first?.metadata["lock.seconds"] != "unknown")
    }

    @Test func aMigrationThatGetsNoLockEndsAndSaysWhy() async throws {
        let pool = try await makePool()
        let directory = try await migrationThatNeedsALock(pool)
        let backup = try await backup(pool)
        let error = await postgresError {
            try await Migrations(directory: directory.url, patience: .seconds(2)).up(on: pool)
        }
        #expect(error?.code == .lockNotAvailable)
        #expect(error?.description.contains("0002_second") == true)
        await backup.close()
    }

    /// The first step is applied, and the second changes its table.
    private func migrationThatNeedsALock(_ pool: ConnectionPool) async throws -> MigrationDirectory {
        let directory = try MigrationDirectory(Self.two)
        try directory.write("0002_second.up.sql", "ALTER TABLE first ADD COLUMN m integer;")
        try directory.write("0002_second.down.sql", "ALTER TABLE first DROP COLUMN m;")
        let migrations = try directory.read()
        try await migrations.up(on: pool)
        try await migrations.down(on: pool, to: 1)
        return directory
    }

    /// A session that holds the lock of pg_dump until it is closed.
    private func backup(_ pool: ConnectionPool) async throws -> Connection {
        let connection = try await Connection.connect(pool.configuration, logger: Logger(label: "mien.tests"))
        try await connection.execute("BEGIN")
        try await connection.execute("LOCK TABLE first IN ACCESS SHARE MODE")
        return connection
    }

    @Test func aMigrationMustNotEndItsTransaction() async throws {
        let pool = try await makePool()
        let directory = try MigrationDirectory(["0001_a.up.sql": "SELECT 1; COMMIT;", "0001_a.down.sql": "SELECT 1;"])
        let error = await postgresError { _ = try await directory.read().up(on: pool) }
        #expect(error?.code == .migrationFilesInvalid)
    }

    @Test(arguments: [
        (["0001_a.up.sql", "0001_a.down.sql", "0003_b.up.sql", "0003_b.down.sql"], "number 2"),
        (["0001_a.up.sql", "0001_a.down.sql", "0001_b.up.sql", "0001_b.down.sql"], "number 0001: a, b"),
        (["0001_a.up.sql"], "0001_a.down.sql is missing"),
        (["0001_a.down.sql"], "0001_a.up.sql is missing"),
        (["1_a.up.sql", "1_a.down.sql"], "1_a"),
        (["0000_a.up.sql", "0000_a.down.sql"], "0000_a"),
        (["0001_a.sql"], "0001_a.sql is not named"),
        ([], "no migrations"),
    ])
    func filesThatAreNoSequenceAreRefused(names: [String], words: String) throws {
        let directory = try MigrationDirectory(Dictionary(uniqueKeysWithValues: names.map { ($0, "SELECT 1") }))
        let error = #expect(throws: PostgresError.self) { try directory.read() }
        #expect(error?.code == .migrationFilesInvalid)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func anAbsentDirectoryIsRefused() {
        let error = #expect(throws: PostgresError.self) {
            try Migrations(directory: URL(fileURLWithPath: "/does/not/exist"))
        }
        #expect(error?.code == .migrationFilesInvalid)
    }

    @Test func theProjectsMigrationsGoUpAndDownAndUp() async throws {
        let url = try await PrivatePostgres.shared().makeDatabase(migrated: true)
        let pool = makePool(url: url)
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Migrations")
        let migrations = try Migrations(directory: directory)
        try await migrations.requireCurrent(on: pool)
        let undone = try await migrations.down(on: pool, to: 0)
        #expect(try await tables(pool) == ["schema_migrations"])
        #expect(try await migrations.up(on: pool) == undone.reversed())
    }
}
