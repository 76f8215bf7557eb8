import Logging
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ErrorTests {
    private static let password = "hunter2-PW"

    private func failure(connectingTo url: String) async -> PostgresError? {
        let configuration = PostgresConfiguration(url: url, applicationName: "mien tests", connectTimeout: .seconds(30))
        return await postgresError {
            try await ConnectionPool(configuration, logger: Logger(label: "mien.tests")).ping()
        }
    }

    @Test(arguments: [
        ("postgres://mien:hunter2-PW@127.0.0.1:1/db", PostgresError.Code.connectionFailed),
        ("postgres://mien:hunter2-PW@no.such.host.invalid/db", .connectionFailed),
        ("postgres://mien:hunter2-PW@host/db?nonsense=1", .invalidConfiguration),
        ("postgres://mien:hunter2-PW%zz@host/db", .invalidConfiguration),
        ("postgres://mien:x@hunter2-PW@host/db", .invalidConfiguration),
        ("host=127.0.0.1 port=1 password=hunter2-PW user=mien", .connectionFailed),
        ("host=127.0.0.1 password='hunter2-PW user=mien", .invalidConfiguration),
    ])
    func noErrorShowsThePassword(url: String, code: PostgresError.Code) async {
        let error = await failure(connectingTo: url)
        #expect(error?.code == code)
        #expect(error?.isRetriable == (code == .connectionFailed))
        let words = "\(String(describing: error)) \(String(reflecting: error))"
        #expect(!words.contains(Self.password), "\(words)")
        let configuration = PostgresConfiguration(url: url, applicationName: "mien tests")
        var dumped = "\(configuration) \(String(reflecting: configuration))"
        dump(configuration, to: &dumped)
        #expect(!dumped.contains(Self.password), "\(dumped)")
    }

    @Test func aWrongPasswordIsNotShown() async throws {
        let server = try await PrivatePostgres.shared()
        let place = try #require(await server.url().split(separator: "@").last)
        let error = await failure(connectingTo: "postgres://mien:\(Self.password)@\(place)")
        #expect(error?.code == .connectionFailed)
        #expect(error.map { !$0.debugDescription.contains(Self.password) } == true)
        // The operator learns the reason.
        #expect(error?.description == "The database refused the log-in: the user or its password is wrong")
        #expect(error?.debugDescription.contains("password authentication failed") == true)
    }

    @Test func aDatabaseThatIsNotThereIsSaidToBeMissing() async throws {
        let server = try await PrivatePostgres.shared()
        let error = await failure(connectingTo: await server.url(database: "nowhere"))
        #expect(error?.code == .connectionFailed)
        #expect(error?.description == "The server has no database of this name")
    }

    @Test func aConfigurationIsCheckedWithoutTheServer() throws {
        try PostgresConfiguration(url: "postgres://a:b@c/d", applicationName: "x").validate()
        let error = #expect(throws: PostgresError.self) {
            try PostgresConfiguration(url: "postgres://a:b@c/d", applicationName: "x", size: 0).validate()
        }
        #expect(error?.code == .invalidConfiguration)
        let configuration = PostgresConfiguration(url: "postgres://a:b@c:99/d", applicationName: "x")
        #expect("\(configuration)" == "postgres://a@c:99/d")
    }

    @Test func aViolationNamesItsConstraintAndNoValue() async throws {
        let pool = try await makePool()
        try await pool.execute("CREATE TABLE users (email text CONSTRAINT users_email UNIQUE CHECK (email <> 'bad'))")
        try await pool.execute("INSERT INTO users VALUES (\("private@example.org"))")
        let error = try #require(
            await postgresError { try await pool.execute("INSERT INTO users VALUES (\("private@example.org"))") })
        #expect(error.isUniqueViolation)
        #expect(error.code == .uniqueViolation)
        #expect(error.sqlState == "23505")
        #expect(error.constraint == "users_email")
        #expect(error.table == "users")
        #expect(!error.isRetriable)
        let description = String(describing: error)
        #expect(description.contains("unique_violation") && description.contains("users_email"))
        #expect(!description.contains("private@example.org") && !description.contains("INSERT"))
        let everything = String(reflecting: error)
        #expect(
            everything.contains("(email)=(private@example.org)") && everything.contains("INSERT INTO users VALUES ($1)")
        )
    }

    @Test func aValueThatTheServerQuotesIsNotInTheDescription() async throws {
        let pool = try await makePool()
        let error = try #require(await postgresError { try await pool.execute("SELECT \("secret-word")::integer") })
        #expect(error.sqlState == "22P02")
        #expect(!error.description.contains("secret-word"))
        #expect(error.debugDescription.contains("secret-word"))
    }

    @Test func textWithAZeroIsRefusedByTheServer() async throws {
        let error = await postgresError { try await makePool().execute("SELECT \("a\u{0}b")") }
        #expect(error?.code == .invalidText)
        #expect(error?.isRetriable == false)
    }

    @Test func theServersNoticesReachTheLogger() async throws {
        let url = try await PrivatePostgres.shared().makeDatabase(migrated: false)
        let log = RecordingLog()
        let pool = ConnectionPool(
            PostgresConfiguration(url: url, applicationName: "mien tests", connectTimeout: .seconds(60)),
            logger: Logger(label: "mien.tests") { _ in log })
        try await pool.execute("DO $$ BEGIN RAISE WARNING 'mind the gap'; RAISE NOTICE 'by the way'; END $$")
        let entries = log.entries
        #expect(entries.map(\.level) == [.warning, .debug])
        #expect(entries.map { $0.metadata["postgres.message"] } == ["mind the gap", "by the way"])
    }
}
