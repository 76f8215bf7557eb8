import Foundation

/// Where the server's programs are, and whom they run as.
struct PostgresInstallation: Sendable {
    let directory: String
    /// The server refuses to run as root; Debian's package brings the user `postgres`.
    let user: String? = getuid() == 0 ? "postgres" : nil

    /// The newest server under Debian's directory.
    static func find() throws -> PostgresInstallation {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let usable = versions.filter { FileManager.default.isExecutableFile(atPath: "\(root)/\($0)/bin/initdb") }
        guard let newest = usable.max(by: { $0.compare($1, options: .numeric) == .orderedAscending }) else {
            throw ChildProcessError("no PostgreSQL server under \(root): install the package postgresql")
        }
        return PostgresInstallation(directory: "\(root)/\(newest)/bin")
    }

    /// Makes a directory that the server's user owns, and removes those of test processes that are gone.
    func makeDirectory() throws -> String {
        let parent = FileManager.default.temporaryDirectory.path
        let prefix = "mien-postgres-"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            guard let owner = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ pid_t($0) }) else {
                continue
            }
            // Signal 0 only asks; another user's process answers EPERM, and lives.
            if kill(owner, 0) != 0 && errno == ESRCH {
                try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
            }
        }
        // Short, for the path of a Unix socket holds 107 bytes.
        let path = "\(parent)/\(prefix)\(getpid())-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        if let user {
            try FileManager.default.setAttributes(
                [.ownerAccountName: user, .groupOwnerAccountName: user], ofItemAtPath: path)
        }
        return path
    }
}
