import Postgres
import Testing

@Suite
struct StatementTests {
    @Test func valuesBecomeNumberedParameters() {
        let statement: Statement = "SELECT \(1), \("two") WHERE \(3.0) > 2"
        #expect(statement.sql == "SELECT $1, $2 WHERE $3 > 2")
    }

    @Test func piecesAreNumberedAnew() {
        var filters: [Statement] = ["user_id = \(7)"]
        filters.append("title ILIKE \("%a%")")
        filters.append("status = \("finished")")
        var statement: Statement = "SELECT id FROM analyses WHERE \(filters.joined(separator: " AND "))"
        statement.append(" LIMIT \(10)")
        #expect(
            statement.sql == "SELECT id FROM analyses WHERE user_id = $1 AND title ILIKE $2 AND status = $3 LIMIT $4")
    }

    @Test func aStatementMayBeEmpty() {
        #expect([Statement]().joined(separator: ", ").sql == "")
        #expect(("" as Statement).sql == "")
    }

    @Test func namesGoInUnescaped() {
        #expect(
            ("SELECT * FROM \(unescaped: "users") WHERE id = \(1)" as Statement).sql
                == "SELECT * FROM users WHERE id = $1")
    }

    @Test func composedStatementsRun() async throws {
        let filters: [Statement] = ["n > \(2)", "n < \(6)", "n <> ALL(\([4]))"]
        let rows = try await makePool().query(
            "SELECT n FROM generate_series(1, 10) AS n WHERE \(filters.joined(separator: " AND ")) ORDER BY n")
        #expect(try rows.map { try $0.decode(Int.self) } == [3, 5])
    }

    @Test(arguments: [
        "'; DROP TABLE users; --", "\\'; DROP TABLE users; --", "$1", "\" OR 1=1 --", "/* */ '' $$ $tag$",
        "%s \\x00 \\u0027",
    ])
    func anInjectionAttemptStaysAValue(attempt: String) async throws {
        let pool = try await makePool()
        try await pool.execute("CREATE TABLE users (name text)")
        try await pool.execute("INSERT INTO users VALUES (\(attempt)), ('somebody else')")
        let rows = try await pool.query("SELECT name FROM users WHERE name = \(attempt)")
        #expect(try rows.map { try $0.decode(String.self) } == [attempt])
    }

    @Test func severalStatementsInOneAreRefused() async throws {
        let pool = try await makePool()
        let error = await postgresError { try await pool.execute("SELECT 1; SELECT 2") }
        #expect(error?.sqlState == "42601")
    }

    @Test func changedRowsAreCounted() async throws {
        let pool = try await makePool()
        #expect(try await pool.execute("CREATE TABLE numbers (n integer)") == 0)
        #expect(try await pool.execute("INSERT INTO numbers SELECT generate_series(1, 5)") == 5)
        #expect(try await pool.execute("UPDATE numbers SET n = n + 1 WHERE n > \(3)") == 2)
        #expect(try await pool.execute("DELETE FROM numbers WHERE n > \(100)") == 0)
    }
}
