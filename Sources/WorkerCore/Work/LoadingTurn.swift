public import Foundation
import Glibc

/// Lets processes that share a cache of compiled models load one after the other.
///
/// OpenVINO writes a compiled model in place and maps what it finds: a process that loads while another one writes maps
/// half a file, and dies of a bus error. The first one to load fills the cache, and the others start from it.
public enum LoadingTurn {
    /// Runs `body` while no other process loads with the same cache. The turn ends with the process at the latest.
    ///
    /// - Parameter cache: the cache's folder, which is made when it is not there; nil for no cache, and no turns.
    public static func take<Result>(
        in cache: URL?, _ body: () async throws -> sending Result
    ) async throws -> sending Result {
        guard let cache else { return try await body() }
        try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
        let lock = open(cache.appending(path: "loading.lock").path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        // In a cache that cannot be written to, nobody writes.
        guard lock >= 0 else { return try await body() }
        defer { close(lock) }
        while flock(lock, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await body()
    }
}
