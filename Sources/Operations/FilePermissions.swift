import Foundation
import Glibc
package import Settings

/// Looks at files and folders as the user that this process runs as.
package enum FilePermissions {
    /// Secrets that others could read or change.
    ///
    /// Only a warning: in a container whose only user is its service, an orchestrator's mode 0444 harms nobody.
    package static func findings(secrets: [SecretFile]) -> [PermissionFinding] {
        secrets.compactMap { file in
            // stat follows links: Kubernetes mounts a secret as one.
            var status = stat()
            guard stat(file.path, &status) == 0 else {
                return .problem("\(file.setting) names \(file.path), which is not there or not reachable.")
            }
            guard access(file.path, R_OK) == 0 else {
                return .problem("\(file.setting) names \(file.path), which this user may not read. Change its owner.")
            }
            let words = [(S_IROTH, "read"), (S_IWOTH, "change")].filter { status.st_mode & $0.0 != 0 }.map(\.1)
            if words.isEmpty { return nil }
            return .warning(
                """
                Every user of this machine may \(words.joined(separator: " and ")) \(file.path) (\(file.setting)): \
                chmod o= \(file.path)
                """)
        }
    }

    /// Files at or below a path that this user may not read.
    ///
    /// - Parameter setting: the setting that names the path.
    package static func findings(reading path: String, setting: String) -> [PermissionFinding] {
        var unreadable = FileManager.default.isReadableFile(atPath: path) ? [] : [path]
        let inside = FileManager.default.enumerator(
            at: URL(fileURLWithPath: path), includingPropertiesForKeys: nil,
            // A folder that cannot be listed is reported as such, and the others are looked at.
            errorHandler: { url, _ in
                unreadable.append(url.path)
                return true
            })
        while let url = inside?.nextObject() as? URL {
            if !FileManager.default.isReadableFile(atPath: url.path) { unreadable.append(url.path) }
        }
        guard let first = unreadable.first else { return [] }
        let count = Set(unreadable).count
        let others = count > 1 ? " and \(count - 1) more" : ""
        return [.problem("This user may not read \(first)\(others) (\(setting)): chmod -R a+rX \(path)")]
    }

    /// A folder that this user may not write to, or make.
    ///
    /// - Parameter setting: the setting that names the folder, or a file in it.
    package static func findings(writing folder: String, setting: String) -> [PermissionFinding] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else {
            let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
            if parent == folder { return [] }
            return findings(writing: parent, setting: setting)
        }
        if !isFolder.boolValue { return [.problem("\(folder) is no folder (\(setting)).")] }
        if access(folder, W_OK | X_OK) == 0 { return [] }
        // errno would not tell: what owner and mode forbid is found first.
        var system = statvfs()
        let isReadOnly = statvfs(folder, &system) == 0 && system.f_flag & UInt(ST_RDONLY) != 0
        let reason = isReadOnly ? "it is on a read-only file system" : "its owner or mode forbids it"
        return [.problem("This user may not write to \(folder) (\(setting)): \(reason).")]
    }
}
