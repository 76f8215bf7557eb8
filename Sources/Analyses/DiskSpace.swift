import Foundation
import Glibc

/// Watches the free space where photos end up, as far as this machine can see it.
package struct DiskSpace: Sendable {
    package let path: String
    package let minFreeMB: Int

    package init(path: String, minFreeMB: Int) {
        self.path = path
        self.minFreeMB = minFreeMB
    }

    /// Throws `IntakeRefusal.diskFull` below the floor.
    ///
    /// - Note: On one machine that is the disk of PostgreSQL; where PostgreSQL runs elsewhere, it guards this one's.
    package func check() throws {
        // A path that cannot be examined is the operator's mistake: `mien doctor` says so, uploads go on.
        guard let freeBytes else { return }
        if freeBytes / (1 << 20) < UInt64(minFreeMB) { throw IntakeRefusal.diskFull }
    }

    /// Bytes that an ordinary user may still write; nil when the path cannot be examined.
    package var freeBytes: UInt64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}
