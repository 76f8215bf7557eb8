import Foundation
import Glibc
import Settings
import Testing

@testable import GatewayCore
@testable import Operations

@Suite struct FilePermissionTests {
    /// A folder with a file of the given mode, for the time of `body`.
    private func with(_ mode: Int, _ body: (_ folder: String, _ file: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mien-permissions-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "secret").path
        try Data("secret".utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        defer {
            _ = chmod(folder.path, 0o700)
            try? FileManager.default.removeItem(at: folder)
        }
        try body(folder.path, file)
    }

    @Test(arguments: [
        (0o600, nil), (0o440, nil), (0o644, "read"), (0o602, "change"), (0o666, "read and change"),
    ])
    func aSecretIsItsReadersAlone(mode: Int, allowed: String?) throws {
        try with(mode) { _, file in
            let found = FilePermissions.findings(secrets: [SecretFile(setting: "MIEN_SECRET_FILE", path: file)])
            let expected = allowed.map {
                PermissionFinding.warning(
                    "Every user of this machine may \($0) \(file) (MIEN_SECRET_FILE): chmod o= \(file)")
            }
            #expect(found == (expected.map { [$0] } ?? []))
        }
    }

    @Test func aSecretBehindALinkIsLookedAtAndNotTheLink() throws {
        try with(0o600) { folder, file in
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: file)
            let secret = SecretFile(setting: "MIEN_SECRET_FILE", path: "\(folder)/link")
            #expect(FilePermissions.findings(secrets: [secret]) == [])
        }
    }

    @Test func whatIsNotThereCannotBeRead() throws {
        try with(0o600) { folder, _ in
            #expect(
                FilePermissions.findings(secrets: [SecretFile(setting: "MIEN_SECRET_FILE", path: "\(folder)/none")])
                    == [
                        .problem("MIEN_SECRET_FILE names \(folder)/none, which is not there or not reachable.")
                    ])
            #expect(FilePermissions.findings(reading: folder, setting: "MIEN_MODELS_DIR") == [])
            // Also for root, whom no mode stops, a link into nothing is no file.
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/a", withDestinationPath: "\(folder)/none")
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/b", withDestinationPath: "\(folder)/none")
            let found = try #require(FilePermissions.findings(reading: folder, setting: "MIEN_MODELS_DIR").first)
            #expect(found.severity == .problem)
            #expect(found.description.hasSuffix("and 1 more (MIEN_MODELS_DIR): chmod -R a+rX \(folder)"))
        }
    }

    @Test func aFolderIsWrittenToOrMade() throws {
        try with(0o600) { folder, file in
            #expect(FilePermissions.findings(writing: folder, setting: "MIEN_CACHE_DIR") == [])
            #expect(FilePermissions.findings(writing: "\(folder)/to/be/made", setting: "MIEN_CACHE_DIR") == [])
            #expect(
                FilePermissions.findings(writing: "\(file)/below", setting: "MIEN_CACHE_DIR") == [
                    .problem("\(file) is no folder (MIEN_CACHE_DIR).")
                ])
        }
    }
}
