import Foundation
import Synchronization

/// The servers that run and the directories that exist, to be ended and removed when the test process exits. (When it
/// crashes, the kernel ends the servers, and the next test process removes the directories.)
final class Remains: Sendable {
    static let shared = Remains()

    private let servers = Mutex<[pid_t: (server: ChildProcess, signal: Int32)]>([:])
    private let directories = Mutex<Set<String>>([])

    private init() {
        atexit { Remains.shared.clear() }
    }

    /// - Parameter signal: what ends the server at once; it must not be one that it ignores, for the exit waits.
    func add(_ server: ChildProcess, endedBy signal: Int32 = SIGQUIT) {
        servers.withLock { $0[server.identifier] = (server, signal) }
    }

    func remove(_ server: ChildProcess?) {
        guard let server else { return }
        servers.withLock { $0[server.identifier] = nil }
    }

    func add(directory: String) {
        _ = directories.withLock { $0.insert(directory) }
    }

    func remove(directory: String) {
        _ = directories.withLock { $0.remove(directory) }
    }

    private func clear() {
        for (server, signal) in servers.withLock({ Array($0.values) }) {
            server.send(signal)
            server.wait()
        }
        for directory in directories.withLock({ $0 }) {
            try? FileManager.default.removeItem(atPath: directory)
        }
    }
}
