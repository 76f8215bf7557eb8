import ArgumentParser
import Foundation
import Logging
import Postgres
import Settings

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings the database's schema to the one that this build was made for.",
        discussion: "Reads MIEN_DATABASE_URL and MIEN_MIGRATIONS_DIR (default: Migrations).",
        subcommands: [Up.self, Down.self, Status.self], defaultSubcommand: Up.self)

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Applies what is missing.")

        func run() async throws {
            try await Migrate.withDatabase { migrations, pool in
                let applied = try await migrations.up(on: pool)
                print(
                    applied.isEmpty
                        ? "The schema is current." : "Applied \(applied.joined(separator: ", ")).")
            }
        }
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes migrations back. Data in dropped tables is lost.")
        @Option(help: "The version to go back to; 0 drops everything.") var to: Int

        func run() async throws {
            try await Migrate.withDatabase { migrations, pool in
                let reverted = try await migrations.down(on: pool, to: to)
                print(
                    reverted.isEmpty
                        ? "Nothing to take back." : "Took back \(reverted.joined(separator: ", ")).")
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the migrations and whether each is applied.")

        func run() async throws {
            try await Migrate.withDatabase { migrations, pool in
                for migration in try await migrations.status(on: pool) {
                    let state =
                        switch migration.state {
                        case .applied(let date): "applied \(date.formatted(.iso8601))"
                        case .pending: "not applied yet"
                        case .changed(let date): "changed since it was applied \(date.formatted(.iso8601))"
                        case .unknown(let date): "unknown to this build, applied \(date.formatted(.iso8601))"
                        }
                    print("\(migration.title)\t\(state)")
                }
            }
        }
    }

    private static func withDatabase(_ body: @Sendable (Migrations, ConnectionPool) async throws -> Void) async throws {
        let settings = SettingsReader()
        let directory = settings.existingPath(
            "MIEN_MIGRATIONS_DIR", default: "Migrations", hint: "the folder with the NNNN_name.up.sql files")
        try await AdminDatabase.with(settings) { pool in try await body(Migrations(directory: directory), pool) }
    }
}
