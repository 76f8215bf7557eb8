import Foundation
import Logging
import Postgres
import TestSupport
import Testing

@testable import GatewayCore
@testable import Operations

@Suite struct DatabasePermissionTests {
    /// Makes a role, runs statements as the tables' owner (`ROLE` stands for its name), and asks as that role.
    private func findings(attributes: String = "", after statements: [String]) async throws -> [PermissionFinding] {
        let url = try await PrivatePostgres.shared().makeDatabase(migrated: true)
        let role = "role_\(UUID().uuidString.lowercased().filter { $0 != "-" })"
        try await with(url) { owner in
            try await owner.execute("CREATE ROLE \(unescaped: role) LOGIN PASSWORD 'word' \(unescaped: attributes)")
            for statement in statements {
                try await owner.execute("\(unescaped: statement.replacingOccurrences(of: "ROLE", with: role))")
            }
        }
        var components = try #require(URLComponents(string: url))
        (components.user, components.password) = (role, "word")
        let asked = try await with(try #require(components.string)) {
            try await DatabasePermissions(database: $0).findings()
        }
        return asked.map {
            PermissionFinding(
                severity: $0.severity, description: $0.description.replacingOccurrences(of: role, with: "ROLE"))
        }
    }

    private func with<R: Sendable>(_ url: String, _ body: (Connection) async throws -> R) async throws -> R {
        let connection = try await Connection.connect(
            PostgresConfiguration(url: url, applicationName: "tests"), logger: Logger(label: "tests"))
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    private static let all = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ROLE"

    @Test func aRoleWithWhatTheGatewayNeedsIsFine() async throws {
        #expect(try await findings(after: [Self.all]) == [])
        // Which migrations were applied is only read.
        #expect(
            try await findings(after: [Self.all, "REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM ROLE"]) == [])
    }

    @Test func everyMissingPrivilegeIsNamedWithWhatToDo() async throws {
        let found = try await findings(
            after: [
                Self.all, "REVOKE INSERT, DELETE ON photos FROM ROLE",
                "REVOKE SELECT ON schema_migrations, users FROM ROLE",
            ])
        #expect(
            found == [
                .problem(
                    """
                    The role ROLE lacks INSERT, DELETE on photos; SELECT on schema_migrations; SELECT on users. As the \
                    tables' owner: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ROLE;
                    """)
            ])
    }

    @Test func aSchemaThatMayNotBeUsedIsNamed() async throws {
        let found = try await findings(after: [Self.all, "REVOKE USAGE ON SCHEMA public FROM PUBLIC"])
        #expect(
            found == [
                .problem("The role ROLE may not use the schema public: GRANT USAGE ON SCHEMA public TO ROLE;")
            ])
    }

    @Test func aSuperuserIsWarnedOf() async throws {
        let found = try await findings(attributes: "SUPERUSER", after: [])
        #expect(
            found == [
                .warning(
                    """
                    The role ROLE may do more to the server than Mien needs. As another superuser: \
                    ALTER ROLE ROLE NOSUPERUSER;
                    """)
            ])
    }

    @Test func powersAndPowerfulGroupsAreWarnedOf() async throws {
        let found = try await findings(
            attributes: "CREATEROLE CREATEDB", after: [Self.all, "GRANT pg_execute_server_program TO ROLE"])
        #expect(
            found == [
                .warning(
                    """
                    The role ROLE may do more to the server than Mien needs. As another superuser: \
                    ALTER ROLE ROLE NOCREATEROLE NOCREATEDB;
                    """),
                .warning(
                    """
                    The role ROLE is a member of pg_execute_server_program, which Mien does not need: \
                    REVOKE pg_execute_server_program FROM ROLE;
                    """),
            ])
    }

    @Test func beforeTheFirstMigrationNothingIsMissing() async throws {
        let url = try await PrivatePostgres.shared().makeDatabase(migrated: false)
        let found = try await with(url) { try await DatabasePermissions(database: $0).findings() }
        #expect(found.allSatisfy { $0.severity == .warning })
    }
}
