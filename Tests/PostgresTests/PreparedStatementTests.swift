import Logging
import Postgres
import TestSupport
import Testing

/// Statements that the server keeps.
@Suite struct PreparedStatementTests {
    private func prepared(_ connection: Connection) async throws -> [String] {
        try await connection.query("SELECT statement FROM pg_prepared_statements ORDER BY name")
            .map { try $0.decode(String.self) }
    }

    private func table() async throws -> Connection {
        let url = try await PrivatePostgres.shared().makeDatabase(migrated: false)
        let connection = try await Connection.connect(
            PostgresConfiguration(url: url, applicationName: "mien tests", connectTimeout: .seconds(60)),
            logger: Logger(label: "mien.tests"))
        try await connection.execute("CREATE TABLE looks (id int PRIMARY KEY, look int NOT NULL)")
        try await connection.execute("INSERT INTO looks SELECT n, n * n FROM generate_series(1, 9) AS n")
        return connection
    }

    private func look(_ id: Int, _ connection: Connection) async throws -> Row? {
        try await connection.first(.often("SELECT look FROM looks WHERE id = \(id)"))
    }

    @Test func theServerKeepsWhatRunsOften() async throws {
        let connection = try await table()
        for id in 1...9 {
            let kept = try await look(id, connection)?.decode(Int.self)
            let sent = try await connection.first("SELECT id FROM looks WHERE look = \(id * id)")?.decode(Int.self)
            #expect(kept == id * id && sent == id)
        }
        #expect(try await look(10, connection) == nil)
        #expect(try await prepared(connection) == ["SELECT look FROM looks WHERE id = $1"])
        // Another type of the same text's value is another statement.
        let word: Statement = .often("SELECT \("happ") || 'ier'")
        #expect(try await connection.first(word)?.decode(String.self) == "happier")
        #expect(try await connection.execute(.often("UPDATE looks SET look = 0 WHERE id > \(6)")) == 3)
        #expect(try await prepared(connection).count == 3)
    }

    @Test func itGoesOnWhereTheTableHasChanged() async throws {
        let connection = try await table()
        for _ in 0..<7 { #expect(try await look(3, connection)?.decode(Int.self) == 9) }
        try await connection.execute("ALTER TABLE looks ADD COLUMN word text, ALTER COLUMN look TYPE text")
        #expect(try await look(3, connection)?.decode(String.self) == "9")
        #expect(try await look(3, connection)?.decode(String.self) == "9")

        // In a transaction the first one fails, and with it what was under way; the next one begins anew.
        try await connection.execute("ALTER TABLE looks ALTER COLUMN look TYPE int USING look::int")
        let error = await postgresError {
            try await connection.withTransaction { connection in
                try await connection.execute("UPDATE looks SET word = 'lost'")
                return try await look(3, connection)
            }
        }
        #expect(error?.code == .featureNotSupported && error?.isRetriable == true)
        let again = try await connection.withTransaction { try await look(3, $0)?.decode(Int.self) }
        #expect(again == 9)
        #expect(try await connection.query("SELECT 1 FROM looks WHERE word = 'lost'").isEmpty)
    }

    @Test func whatTheServerForgotIsPreparedAgain() async throws {
        let connection = try await table()
        #expect(try await look(2, connection)?.decode(Int.self) == 4)
        try await connection.execute("DISCARD ALL")
        #expect(try await look(2, connection)?.decode(Int.self) == 4)
        #expect(try await prepared(connection).isEmpty)
        #expect(try await look(2, connection)?.decode(Int.self) == 4)
        #expect(try await prepared(connection).count == 1)
    }

    @Test func aStatementThatCannotBePreparedFailsAsAnyOther() async throws {
        let connection = try await table()
        for _ in 0..<2 {
            let error = await postgresError {
                try await connection.execute(.often("SELECT nothing FROM nowhere WHERE id = \(1)"))
            }
            #expect(error?.code == .undefinedTable)
        }
        let error = await postgresError {
            try await connection.execute(.often("INSERT INTO looks VALUES (\(1), \(1))"))
        }
        #expect(error?.code == .uniqueViolation)
        #expect(try await look(1, connection)?.decode(Int.self) == 1)
    }

    @Test func whatFailsAgainAndAgainIsSentWhole() async throws {
        let connection = try await table()
        for id in 1...9 {
            try await connection.execute("DEALLOCATE ALL")
            #expect(try await look(id, connection)?.decode(Int.self) == id * id)
            #expect(try await look(id, connection)?.decode(Int.self) == id * id)
        }
        #expect(try await prepared(connection).isEmpty)
    }

    @Test func aTextThatIsAnotherEachTimeFillsNoServer() async throws {
        let connection = try await table()
        for number in 0..<150 {
            let text: Statement = .often("SELECT \(unescaped: "\(number)") + \(1)")
            #expect(try await connection.first(text)?.decode(Int.self) == number + 1)
        }
        #expect(try await prepared(connection).count == 100)
    }

    @Test func valuesOfAllKindsArriveAsTheyWere() async throws {
        let connection = try await table()
        let bytes: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for (bytes, number) in [(bytes, nil), ([], 1.5), ([0], nil)] as [([UInt8], Double?)] {
            let row = try await connection.first(.often("SELECT \(bytes), \(number), \("ö"), \(true)"))
            let (back, sameNumber, word, isTrue) = try #require(row).decode(
                ([UInt8], Double?, String, Bool).self)
            #expect(back == bytes && sameNumber == number && word == "ö" && isTrue)
        }
    }
}
