import Foundation
import Operations
import Postgres
import Settings

extension Doctor {
    /// Files and folders that the services use here, with the settings that name them.
    struct UsedPaths {
        let read: [(setting: String, path: String)]
        let written: [(setting: String, folder: String)]

        /// What is not set is not used: a service that runs elsewhere has its files there.
        init(_ settings: SettingsReader, configuration: GatewayConfiguration, models: String, detector: String) {
            let web = configuration.webDirectory.map { ("MIEN_WEB_DIR", $0.path) }
            read =
                [
                    ("MIEN_MODELS_DIR", models), ("MIEN_DETECTOR", detector),
                    ("MIEN_MIGRATIONS_DIR", configuration.migrationsDirectory.path),
                ] + (web.map { [$0] } ?? [])
            let files = ["MIEN_HEALTH_FILE", "MIEN_LOG_FILE"].compactMap { name in
                settings.optionalString(name).map {
                    (name, URL(fileURLWithPath: $0).deletingLastPathComponent().path)
                }
            }
            written = (settings.optionalString("MIEN_CACHE_DIR").map { [("MIEN_CACHE_DIR", $0)] } ?? []) + files
        }
    }

    /// Says everything about permissions, a line each; true when nothing that Mien needs is forbidden.
    func checkPermissions(secrets: [SecretFile], paths: UsedPaths, database: ConnectionPool) async -> Bool {
        var findings = FilePermissions.findings(secrets: secrets)
        findings += paths.read.flatMap { FilePermissions.findings(reading: $0.path, setting: $0.setting) }
        findings += paths.written.flatMap { FilePermissions.findings(writing: $0.folder, setting: $0.setting) }
        do {
            findings += try await DatabasePermissions(database: database).findings()
        } catch {
            findings.append(.problem("What the database's role may do could not be asked: \(error)"))
        }
        for finding in findings {
            say(finding.severity == .problem ? "problem" : "warning", "permissions", finding.description)
        }
        if findings.isEmpty {
            say("ok", "permissions", "of the database's role, \(secrets.count) secret file(s), models and folders")
        }
        return !findings.contains { $0.severity == .problem }
    }
}
