import Foundation
import Logging
import NIOHTTP1
import Postgres
import TestSupport
import Testing

/// An installation of the first release goes on with this one: nobody's account, session, token, bookmark or photo breaks.
@Suite(.serialized, .timeLimit(.minutes(5))) struct UpgradeTests {
    /// What is in `Fixtures/installation-0005.sql`. The secrets opened nothing but the installation that was made for it.
    private enum Former {
        static let finished = "01a225b3-571a-770a-be85-04274f21087f"
        static let failed = "01a225b3-5772-7ac9-946f-998585e910de"
        static let waiting = "01a225b3-67c9-7411-82c2-6ccf571566b6"
        static let token = "mien_HgFvJt6G2pxY9Bj52u75JZANOJDF-ap9EWCcx35TAWg"
        static let cookies = [
            "mien_visitor": "zUM34GvVoh02N8vB1AkKRdRxHjomFKD8_XS1bQakRWo",
            "mien_session": "__a5h1cgryeUWNawXeTbX4kKYLgJ6XYiceA5ditvLzE",
        ]
        static let email = "ada@example.org"
        static let password = "correct horse battery"
    }

    @Test func theFirstReleasesInstallationGoesOn() async throws {
        try await Installation.with(database: formerDatabase) { mien in
            let ada = Visitor(mien.url)
            await ada.keep(Former.cookies)
            #expect(try await ada.send(.GET, "/home").status == 200, "the session goes on")

            let finished = try await ada.analysis(Former.finished)
            #expect(finished.status == "finished" && finished.title == "A finished one")
            #expect(finished.faces.map(\.emotion) == ["happy"])
            #expect(finished.faces.first?.confidence == 0.95985)
            let failed = try await ada.analysis(Former.failed)
            #expect(failed.status == "failed" && failed.error?.code == "damaged")
            for path in [
                "/analyses/\(Former.finished)", "/analyses/\(Former.finished)/thumbnail.jpg",
                "/analyses/\(Former.finished)/annotated.jpg", "/analyses/\(Former.finished)/photo",
                "/analyses/\(Former.finished).pdf", "/analyses/\(Former.failed)", "/analyses?tag=space",
                "/analyses?emotion=happy", "/account", "/operations",
            ] {
                let answer = try await ada.send(.GET, path)
                #expect(answer.status == 200, "\(path): \(answer.status)")
            }

            // What waited when the old one was stopped is analysed by the new one, and counted.
            #expect(try await ada.result(Former.waiting).status == "finished")
            #expect(try await mien.finishedCount() == 2)
        }
    }

    @Test func itsTokensAndPasswordsOpenWhatTheyDid() async throws {
        try await Installation.with(database: formerDatabase) { mien in
            let program = Visitor(mien.url)
            let bearer = [("authorization", "Bearer \(Former.token)")]
            for path in ["/analyses/\(Former.finished).json", "/api/v1/analyses", "/api/v1/me"] {
                let answer = try await program.send(.GET, path, headers: bearer)
                #expect(answer.status == 200, "\(path): \(answer.status)")
            }
            let retried = try await program.send(
                .POST, "/api/v1/analyses/\(Former.failed)/retry", headers: bearer, body: [])
            #expect(retried.status == 202, "it may write: \(retried.text)")

            let ada = Visitor(mien.url)
            let answer = try await ada.postForm("/login", ["email": Former.email, "password": Former.password])
            #expect(answer.status == 303, "\(answer.text.prefix(500))")
            #expect(try await ada.send(.GET, "/home").status == 200)
        }
    }

    /// The schema as the first release left it, with what was in it, brought to the present by the command that operators use.
    private func formerDatabase(_ postgres: PrivatePostgres) async throws -> String {
        let database = try await postgres.makeDatabase(migrated: false)
        let pool = ConnectionPool(
            PostgresConfiguration(url: database, applicationName: "mien-tests", size: 1), logger: Logger(label: "tests")
        )
        let folder = FileManager.default.temporaryDirectory.appending(path: "mien-former-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let migrations = Installation.root.appending(path: "Migrations")
        for file in try FileManager.default.contentsOfDirectory(at: migrations, includingPropertiesForKeys: nil)
        where file.lastPathComponent < "0006" {
            try FileManager.default.copyItem(at: file, to: folder.appending(path: file.lastPathComponent))
        }
        try await Migrations(directory: folder).up(on: pool)
        let content = Installation.root.appending(path: "Tests/Fixtures/installation-0005.sql").path
        let loaded = try await FinishedCommand.run(
            URL(filePath: "/usr/bin/psql"), [database, "-q", "-v", "ON_ERROR_STOP=1", "-f", content], environment: [:])
        #expect(loaded.status == 0, "\(loaded.errors)")
        // Sessions end by themselves after some weeks.
        try await pool.execute("UPDATE sessions SET created_at = now(), seen_at = now()")
        await pool.close()
        let command = try await FinishedCommand.run(
            "mien", ["migrate", "up"],
            environment: ["MIEN_DATABASE_URL": database, "MIEN_MIGRATIONS_DIR": migrations.path])
        #expect(command.status == 0, "\(command.errors)")
        return database
    }
}
