import Foundation
import NIOHTTP1
import TestSupport
import Testing

/// The operator's command, run as an operator runs it.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CommandTests {
    /// What `mien classify --json` says of a photo, as far as it is looked at.
    private struct Report: Decodable {
        struct Face: Decodable { let emotion: String }
        struct Failure: Decodable { let code: String }
        let file: String
        let status: String
        let faces: [Face]?
        let error: Failure?
    }

    private static let environment = [
        "MIEN_MODELS_DIR": Installation.root.appending(path: "Services/Worker/Models").path
    ]

    private static func mien(_ arguments: [String]) async throws -> FinishedCommand {
        try await FinishedCommand.run("mien", arguments, environment: environment)
    }

    @Test func classifyTakesTheWorkersLimitOfAPhoto() async throws {
        let photo = Installation.root.appending(path: "Tests/Fixtures/astronaut.jpg").path
        let wrong = try await FinishedCommand.run(
            "mien", ["classify", photo], environment: Self.environment.merging(["MIEN_PHOTO_SECONDS": "0"]) { $1 })
        #expect(wrong.status == 1 && wrong.errors.contains("MIEN_PHOTO_SECONDS"))
        let right = try await FinishedCommand.run(
            "mien", ["classify", photo], environment: Self.environment.merging(["MIEN_PHOTO_SECONDS": "60"]) { $1 })
        #expect(right.status == 0)
    }

    /// Deploy/setup's newest, and not the system's beside it.
    @Test(arguments: ["mien", "mien-gateway", "mien-worker"])
    func theExecutablesSayWhichLibrdkafkaTheyRun(_ executable: String) async throws {
        let said = try await FinishedCommand.run(executable, ["--version"], environment: [:])
        #expect(said.status == 0)
        let installed = URL(filePath: "/usr/local/lib/mien/librdkafka/librdkafka.so.1")
        let version =
            FileManager.default.fileExists(atPath: installed.path)
            ? installed.resolvingSymlinksInPath().lastPathComponent.dropFirst("librdkafka-".count).dropLast(".so".count)
            : ""
        #expect(said.output.hasPrefix("\(executable) with librdkafka \(version)"))
    }

    @Test func classifyAccountsForEveryFileAndEndsWithTheWorstOutcome() async throws {
        try await TemporaryFolder.with { folder in
            let fixtures = Installation.root.appending(path: "Tests/Fixtures")
            let (portrait, plain) = (
                fixtures.appending(path: "astronaut.jpg"), fixtures.appending(path: "pictures/halves.jpg")
            )
            let text = folder.appending(path: "diary.jpg")
            try Data("Dear diary".utf8).write(to: text)
            // Of the same name, but another folder's.
            let again = folder.appending(path: "astronaut.jpg")
            try FileManager.default.copyItem(at: portrait, to: again)
            let annotated = folder.appending(path: "annotated")
            let missing = folder.appending(path: "missing.jpg")
            let files = [portrait, plain, text, missing, again].map(\.path)

            let all = try await Self.mien(["classify", "--json", "--annotated", annotated.path] + files)
            #expect(all.status == 6)
            let reports = try JSONDecoder().decode([Report].self, from: Data(all.output.utf8))
            #expect(reports.map(\.file) == files)
            #expect(reports.map(\.status) == ["finished", "finished", "failed", "failed", "finished"])
            #expect(reports.map { $0.faces?.count } == [1, 0, nil, nil, 1])
            #expect(reports[2].error?.code == "unsupported_format")
            #expect(reports[0].faces?[0].emotion == "happy")
            let pictures = try FileManager.default.contentsOfDirectory(atPath: annotated.path)
            #expect(pictures.count == 3)
            for name in pictures {
                let picture = try Data(contentsOf: annotated.appending(path: name))
                #expect(picture.starts(with: [0xFF, 0xD8, 0xFF]), "\(name)")
            }

            let worst: [([URL], Int32)] = [([portrait], 0), ([portrait, plain], 3), ([plain, text], 4)]
            for (photos, status) in worst {
                #expect(try await Self.mien(["classify"] + photos.map(\.path)).status == status)
            }
            let said = try await Self.mien(["classify", portrait.path, missing.path])
            #expect(said.output.contains("happy") && said.output.contains("1 face"))
            #expect(said.errors.contains("\(missing.path): There is no such file."))
        }
    }

    @Test func aWrongModelsFolderIsToldBeforeAnyPhoto() async throws {
        let command = try await FinishedCommand.run(
            "mien", ["classify", "photo.jpg"], environment: ["MIEN_MODELS_DIR": "/nowhere"])
        #expect(command.status == 1)
        #expect(command.errors.contains("/nowhere") && command.errors.contains("MIEN_MODELS_DIR"))
    }

    @Test func mixedPhotosHostileOnesAmongThemAreAllAccountedFor() async throws {
        try await Installation.with(processes: 2) { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let made = try await mien.command(["token", "create", ada.email])
            #expect(made.status == 0, "\(made.errors)")
            let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
            let pictures = [
                "astronaut.jpg", "pictures/progressive.jpg", "pictures/grey-16.png", "pictures/animated.webp",
            ]
            let soak = try await mien.command(
                ["bench", "soak", "--json", "--count", "80", "--url", mien.url, "--token", token]
                    + pictures.map { Installation.root.appending(path: "Tests/Fixtures/\($0)").path })
            #expect(soak.status == 0, "\(soak.errors)")
            struct Report: Decodable {
                let sent, whole, counted: Int
                let refused: [String: Int]
            }
            let report = try JSONDecoder().decode(Report.self, from: Data(soak.output.utf8))
            #expect((report.sent, report.whole) == (80, 40))
            #expect(report.counted + report.refused.values.reduce(0, +) == 80)
        }
    }

    @Test func correctedFacesOfWhoeverAgreedAreWrittenForTheTrainer() async throws {
        try await Installation.with { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            let photo = try await ada.result(ada.submit(Installation.astronaut()))
            let token = try await mien.command(["token", "create", ada.email]).output
                .trimmingCharacters(in: .whitespacesAndNewlines)
            func say(_ json: String) async throws {
                let answer = try await ada.send(
                    .PUT, "/api/v1/analyses/\(photo.id)/faces/1/correction",
                    headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")],
                    body: Array(json.utf8))
                #expect(answer.status == 200, "\(answer.text)")
            }
            try await TemporaryFolder.with { folder in
                func export(_ name: String) async throws -> FinishedCommand {
                    try await mien.command(["export", "corrections", "--to", folder.appending(path: name).path])
                }
                try await say(#"{"look": "surprise"}"#)
                let none = try await export("none")
                #expect(none.status == 0 && none.output.hasPrefix("0 faces of 0 photos"), "\(none.errors)")
                try await say(#"{"look": "surprise", "may_train": true}"#)
                let one = try await export("one")
                #expect(one.output.hasPrefix("1 faces of 1 photos") && one.output.contains("surprise 1"))
                let file = folder.appending(path: "one/surprise/\(photo.id)-1.png")
                let png = [UInt8](try Data(contentsOf: file))
                // The header's width, height, bits and colour type (PNG, 11.2.1): grey.
                #expect(Array(png[16..<26]) == [0, 0, 0, 48, 0, 0, 0, 48, 8, 0])
                let again = try await export("one")
                #expect(again.status == 1 && again.errors.contains("is not empty"), "\(again.errors)")
                try await say(#"{"look": "not_a_face", "may_train": true}"#)
                let left = try await export("left")
                #expect(left.output.contains("Left out: 1 that are no faces"), "\(left.output)")
            }
        }
    }

    @Test func theDoctorNamesWhatIsAwayAndWhatToDo() async throws {
        try await Installation.with { mien in
            let well = try await mien.command(["doctor"])
            #expect(well.status == 0, "\(well.output)\(well.errors)")
            #expect(well.output.contains("schema current") && well.output.contains("all topics there"))
            await mien.broker.kill()
            let broker = try await mien.command(["doctor"])
            #expect(broker.status == 1)
            #expect(
                broker.output.contains(
                    "Kafka cannot be used at \(mien.broker.brokers): no connection: Connection refused."))
            #expect(broker.output.contains("MIEN_KAFKA_BROKERS"))
            try await eventually("the gateway says why it does not reach the broker") {
                try await mien.health().contains(#""broker":"not reachable: no connection: Connection refused""#)
            }
            let foreign = try await ForeignListener.start(speaking: .http)
            let other = try await mien.command(["doctor"], ["MIEN_KAFKA_BROKERS": foreign.address])
            #expect(other.output.contains("does not speak Kafka's protocol"))
            await foreign.stop()
            try await mien.broker.restart()
            await mien.postgres.kill()
            let database = try await mien.command(["doctor"])
            #expect(database.status == 1)
            #expect(database.output.contains("MIEN_DATABASE_URL"))
            try await mien.postgres.restart()
            let model = try await mien.command(["doctor"], ["MIEN_MODEL": "mien-inception-m/99.0.0"])
            #expect(model.status == 1)
            #expect(model.output.contains("99.0.0"))
            let narrow = ["MIEN_PRECISION": "int8", "MIEN_MODEL": "mien-inception-s/2.0.0"]
            #expect(try await mien.command(["doctor"], narrow).status == 0)
            let none = try await mien.command(
                ["doctor"], narrow.merging(["MIEN_MODEL": "mien-inception-m/2.3.0"]) { $1 })
            #expect(none.status == 1 && none.output.contains("has no int8 variant"))
            try await TemporaryFolder.with { folder in
                let models = folder.appending(path: "models")
                try FileManager.default.copyItem(
                    at: Installation.root.appending(path: "Services/Worker/Models"), to: models)
                let settings = ["MIEN_MODELS_DIR": models.path]
                #expect(try await mien.command(["doctor"], settings).status == 0)
                // One bit of the weights of each, as a disk may lose it.
                for case let file as URL in FileManager.default.enumerator(at: models, includingPropertiesForKeys: nil)!
                where file.lastPathComponent == "model.bin" {
                    var bytes = try Data(contentsOf: file)
                    bytes[bytes.count / 2] ^= 1
                    try bytes.write(to: file)
                }
                let altered = try await mien.command(["doctor"], settings)
                #expect(altered.status == 1)
                #expect(altered.output.contains("model.bin is not the one that its card speaks of"))
            }
        }
    }

    @Test func theDoctorAsksTheProviderAndTheCommandConnectsPeople() async throws {
        let provider = try await PrivateProvider.start(redirects: ["http://mien.test/login/openid/callback"])
        let settings = [
            "MIEN_OIDC_ISSUER": provider.issuer, "MIEN_OIDC_CLIENT_ID": PrivateProvider.clientID,
            "MIEN_OIDC_CLIENT_SECRET": PrivateProvider.clientSecret, "MIEN_PUBLIC_URL": "http://mien.test",
        ]
        try await Installation.with(settings: settings) { mien in
            let well = try await mien.command(["doctor"])
            #expect(well.status == 0, "\(well.output)\(well.errors)")
            #expect(
                well.output.contains(
                    "provider    \(provider.issuer), 1 key(s); sends people back to http://mien.test/login/openid/callback"
                ))
            let wrong = try await mien.command(["doctor"], ["MIEN_OIDC_ISSUER": provider.issuer + "/"])
            #expect(wrong.status == 1 && wrong.output.contains("set MIEN_OIDC_ISSUER to exactly that"))
            await provider.kill()
            let away = try await mien.command(["doctor"])
            #expect(away.status == 1)
            let line = away.output.split(separator: "\n").first { $0.hasPrefix("problem  provider") }
            #expect(line?.contains("\(provider.issuer)/.well-known/openid-configuration cannot be asked") == true)
            #expect(!away.output.contains(PrivateProvider.clientSecret))

            let ada = Visitor(mien.url)
            try await ada.register()
            let email = ada.email
            func say(_ arguments: String...) async throws -> FinishedCommand {
                try await mien.command(["user"] + arguments)
            }
            #expect(try await say("connect", email, "ada").status == 0)
            #expect(try await say("list").output.contains("\(email)\tAda\tuser, connected"))
            #expect(try await say("connect", email, "countess").errors.contains("mien user disconnect"))
            #expect(try await say("disconnect", email).status == 0)
            #expect(try await say("disconnect", email).errors.contains("connected with nobody"))
        }
    }

    @Test func whatCommandsDoToAccountsIsInTheAuditLog() async throws {
        try await Installation.with { mien in
            let ada = Visitor(mien.url)
            try await ada.register()
            func say(_ arguments: String..., input: String? = nil) async throws -> String {
                let said = try await mien.command(arguments, input: input)
                #expect(said.status == 0, "\(arguments): \(said.errors)")
                return said.output
            }
            let password = "correct horse battery staple\n"
            _ = try await say(
                "user", "create", "--name", "Eve", "--email", "eve@example.org", "--admin", input: password)
            _ = try await say("token", "create", ada.email)
            let list = try await say("token", "list", ada.email)
            _ = try await say("token", "revoke", ada.email, String(try #require(list.split(separator: "\t").first)))
            _ = try await say("user", "reset-password", ada.email)
            _ = try await say("user", "set-password", "eve@example.org", input: password)
            let noted = [
                "user_made mien user create", "administrator_made mien user create", "token_made mien token create",
                "token_ended mien token revoke", "reset_link_made mien user reset-password",
                "password_changed mien user set-password",
            ]
            #expect(try await mien.noted() == noted)
            _ = try await say("user", "delete", "eve@example.org", "--yes")
            // With the account goes what the log said of it.
            let left = noted.filter { $0.hasPrefix("token") || $0.hasPrefix("reset") }
            #expect(try await mien.noted() == left + ["user_deleted mien user delete"])
        }
    }

    @Test func aModelThatIsSwitchedToIsLoadedByTheRunningWorker() async throws {
        try await TemporaryFolder.with { folder in
            let models = folder.appending(path: "models")
            try FileManager.default.copyItem(
                at: Installation.root.appending(path: "Services/Worker/Models"), to: models)
            try await Installation.with(settings: ["MIEN_MODELS_DIR": models.path]) { mien in
                let ada = Visitor(mien.url)
                try await ada.register()
                let before = try await ada.result(ada.submit(Installation.astronaut())).model
                #expect(before?["name"] == "mien-inception-m")
                let used = try await mien.command(
                    ["models", "use", "mien-inception-s", "--pid", "\(mien.worker.processIdentifier)"])
                #expect(used.status == 0, "\(used.errors)")
                try await eventually("the worker has loaded it") { mien.worker.output.contains("Reload done") }
                let after = try await ada.result(ada.submit(Installation.astronaut())).model
                #expect(after?["name"] == "mien-inception-s")
            }
        }
    }
}

/// A command that has ended.
struct FinishedCommand: Sendable {
    let status: Int32
    let output: String
    let errors: String

    /// Runs one of the product's executables to its end.
    static func run(
        _ name: String, _ arguments: [String], environment: [String: String], input: String? = nil
    ) async throws -> FinishedCommand {
        try await run(ManagedProcess.products.appending(path: name), arguments, environment: environment, input: input)
    }

    /// Runs a program to its end.
    static func run(
        _ program: URL, _ arguments: [String], environment: [String: String], input: String? = nil
    ) async throws -> FinishedCommand {
        try await TemporaryFolder.with { folder in
            let (output, errors) = (folder.appending(path: "output"), folder.appending(path: "errors"))
            for file in [output, errors] { try Data().write(to: file) }
            let process = Process()
            process.executableURL = program
            process.arguments = arguments
            process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MIEN_") }
                .merging(environment) { _, new in new }
            process.standardInput = FileHandle.nullDevice
            if let input {
                let file = folder.appending(path: "input")
                try Data(input.utf8).write(to: file)
                process.standardInput = try FileHandle(forReadingFrom: file)
            }
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            return FinishedCommand(
                status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
                errors: try String(contentsOf: errors, encoding: .utf8))
        }
    }
}

/// A folder that is gone afterwards.
enum TemporaryFolder {
    static func with<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mien-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }
}
