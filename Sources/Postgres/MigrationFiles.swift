import Foundation

/// One migration: what it does, and what undoes it.
struct Migration: Sendable {
    let version: Int
    let name: String
    let up: String
    let down: String

    /// For example `0001_foundation`.
    var title: String { Self.title(version, name) }

    static func title(_ version: Int, _ name: String) -> String {
        let number = String(version)
        return String(repeating: "0", count: max(0, 4 - number.count)) + number + "_" + name
    }
}

/// Reads a directory of `NNNN_name.up.sql` and `NNNN_name.down.sql`.
struct MigrationFiles {
    private var scripts: [Int: (name: String, up: URL?, down: URL?)] = [:]

    static func read(_ directory: URL) throws -> [Migration] {
        let files: [URL]
        do {
            files = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        } catch {
            throw invalid("The directory of the migrations cannot be read", detail: String(describing: error))
        }
        var collected = MigrationFiles()
        for file in files where file.pathExtension == "sql" { try collected.add(file) }
        return try collected.migrations()
    }

    private mutating func add(_ file: URL) throws {
        let fileName = file.lastPathComponent
        guard let match = fileName.wholeMatch(of: /([0-9]{4})_([a-z0-9_]+)\.(up|down)\.sql/),
            let version = Int(match.1), version > 0
        else {
            throw Self.invalid("\(fileName) is not named NNNN_name.up.sql or NNNN_name.down.sql")
        }
        var script = scripts[version] ?? (String(match.2), nil, nil)
        guard script.name == match.2 else {
            throw Self.invalid(
                "Two migrations have the number \(match.1): \([script.name, String(match.2)].sorted().joined(separator: ", "))"
            )
        }
        if match.3 == "up" { script.up = file } else { script.down = file }
        scripts[version] = script
    }

    private func migrations() throws -> [Migration] {
        guard let last = scripts.keys.max() else { throw Self.invalid("There are no migrations in the directory") }
        return try (1...last).map { version in
            guard let script = scripts[version] else {
                throw Self.invalid("There is no migration with the number \(version), though there are later ones")
            }
            return Migration(
                version: version, name: script.name, up: try Self.text(of: script.up, "up", version, script.name),
                down: try Self.text(of: script.down, "down", version, script.name))
        }
    }

    private static func text(of file: URL?, _ kind: String, _ version: Int, _ name: String) throws -> String {
        let fileName = "\(Migration.title(version, name)).\(kind).sql"
        guard let file else { throw invalid("\(fileName) is missing") }
        do {
            return try String(contentsOf: file, encoding: .utf8)
        } catch {
            throw invalid("\(fileName) cannot be read", detail: String(describing: error))
        }
    }

    private static func invalid(_ summary: String, detail: String? = nil) -> PostgresError {
        PostgresError(.migrationFilesInvalid, summary, detail: detail)
    }
}
