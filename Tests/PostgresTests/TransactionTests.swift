import Postgres
import Testing

@Suite(.timeLimit(.minutes(2)))
struct TransactionTests {
    private struct Change: Error {}

    private func makeMarks(size: Int = 2) async throws -> ConnectionPool {
        let pool = try await makePool(size: size)
        try await pool.execute("CREATE TABLE marks (n integer PRIMARY KEY)")
        return pool
    }

    private func marks(_ pool: ConnectionPool) async throws -> [Int] {
        try await pool.query("SELECT n FROM marks ORDER BY n").map { try $0.decode(Int.self) }
    }

    @Test func whatIsCommittedIsSeenByAll() async throws {
        let pool = try await makeMarks()
        let value = try await pool.withTransaction { connection in
            try await connection.execute("INSERT INTO marks VALUES (1)")
            #expect(try await marks(pool).isEmpty)
            try await connection.execute("INSERT INTO marks VALUES (2)")
            return "done"
        }
        #expect(value == "done")
        #expect(try await marks(pool) == [1, 2])
    }

    @Test func whatThrowsIsRolledBack() async throws {
        let pool = try await makeMarks(size: 1)
        await #expect(throws: Change.self) {
            try await pool.withTransaction { connection in
                try await connection.execute("INSERT INTO marks VALUES (1)")
                throw Change()
            }
        }
        #expect(try await marks(pool).isEmpty)
        #expect(pool.statistics == ConnectionPool.Statistics(open: 1, idle: 1, waiting: 0))
    }

    @Test func aFailedStatementIsRolledBackWithTheOthers() async throws {
        let pool = try await makeMarks(size: 1)
        let error = await postgresError {
            try await pool.withTransaction { connection in
                try await connection.execute("INSERT INTO marks VALUES (1)")
                try await connection.execute("INSERT INTO marks VALUES (1)")
            }
        }
        #expect(error?.isUniqueViolation == true)
        #expect(error?.constraint == "marks_pkey")
        #expect(try await marks(pool).isEmpty)
    }

    @Test func aSwallowedFailureIsNotTakenForACommit() async throws {
        let pool = try await makeMarks(size: 1)
        let error = await postgresError {
            try await pool.withTransaction { connection in
                try await connection.execute("INSERT INTO marks VALUES (1)")
                _ = await postgresError { try await connection.execute("SELECT 1 / 0") }
            }
        }
        #expect(error?.code == .rolledBack)
        #expect(try await marks(pool).isEmpty)
    }

    @Test func aRefusedCommitIsARollback() async throws {
        let pool = try await makeMarks(size: 1)
        try await pool.execute("CREATE TABLE notes (n integer REFERENCES marks DEFERRABLE INITIALLY DEFERRED)")
        let error = await postgresError {
            try await pool.withTransaction { try await $0.execute("INSERT INTO notes VALUES (7)") }
        }
        #expect(error?.isForeignKeyViolation == true)
        #expect(try await pool.query("SELECT n FROM notes").isEmpty)
    }

    /// A deferred trigger makes COMMIT wait, and meanwhile its connection is ended.
    @Test func aCommitWhoseConnectionBreaksIsUnknown() async throws {
        let pool = try await makeMarks()
        try await pool.withConnection { try await prepareSlowCommit($0) }
        let (backends, tell) = AsyncStream<Int32>.makeStream()
        let transaction = Task {
            try await pool.withTransaction { connection in
                tell.yield(try #require(try await connection.first("SELECT pg_backend_pid()")).decode(Int32.self))
                try await connection.execute("INSERT INTO marks VALUES (1)")
            }
        }
        for await backend in backends {
            while try await pool.query(
                "SELECT FROM pg_stat_activity WHERE pid = \(backend) AND wait_event = 'PgSleep'"
            ).isEmpty {}
            try await pool.execute("SELECT pg_terminate_backend(\(backend))")
            break
        }
        let error = await postgresError { try await transaction.value }
        #expect(error?.code == .commitUnknown)
        #expect(error?.isRetriable == false)
        try await pool.ping()
    }

    private func prepareSlowCommit(_ connection: Connection) async throws {
        try await connection.execute(
            """
            CREATE FUNCTION sleep_long() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$
            """)
        try await connection.execute(
            """
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON marks DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION sleep_long()
            """)
    }

    @Test func transactionsThatCollideAreRetriable() async throws {
        let pool = try await makeMarks()
        try await pool.execute("INSERT INTO marks VALUES (1)")
        let error = await postgresError {
            try await pool.withTransaction { connection in
                try await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                _ = try await connection.query("SELECT * FROM marks")
                try await pool.execute("UPDATE marks SET n = 2")
                try await connection.execute("UPDATE marks SET n = 3")
            }
        }
        #expect(error?.code == .serializationFailure)
        #expect(error?.isRetriable == true)
        #expect(try await marks(pool) == [2])
    }
}
