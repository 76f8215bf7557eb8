import Blocking
import CLinux
import Foundation
import Glibc
import Synchronization

/// How a child ended.
enum ExitStatus: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    /// Reads what `waitpid` wrote.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xFF) : .killed(signal: signal)
    }

    var description: String {
        switch self {
        case .exited(let code): "exit \(code)"
        case .killed(let signal): "signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }
}

/// What a child did within a time.
enum ChildEvent: Equatable, Sendable {
    case heartbeat(Heartbeat)
    case silence
    case ended(ExitStatus)
}

/// A worker process as its supervisor sees it: started, listened to, ended.
///
/// Its thread lives as long as the child, and has to: Linux sends the parent-death signal, which makes children die
/// with their supervisor, when the *thread* that made them ends. That rules out Foundation's Process, which makes
/// children on whatever thread calls it, and leaves to chance which signals and descriptors they inherit.
actor ChildProcess {
    nonisolated let executor: BlockingExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The process id while the child is not reaped, that is, while it cannot belong to another process.
    private nonisolated let running = Mutex<pid_t?>(nil)
    private var pipe: Int32 = -1
    private var received: [UInt8] = []

    init(label: String) {
        executor = BlockingExecutor(label: label)
    }

    deinit {
        // Only a child that was abandoned comes here with its pipe open.
        if pipe >= 0 { close(pipe) }
    }

    /// Starts the child in a process group of its own (a Ctrl-C reaches the supervisor alone), with no descriptors
    /// but the standard ones and the pipe, and with every signal at its default.
    ///
    /// - Returns: its process id.
    func start(executable: String, arguments: [String], environment: [String: String]) throws(SpawnError) -> pid_t {
        let ends = try Self.makePipe()
        defer { close(ends.write) }
        do {
            let id = try SpawnRequest(executable: executable, arguments: arguments, environment: environment)
                .spawn(heartbeats: ends.write)
            pipe = ends.read
            running.withLock { $0 = id }
            return id
        } catch {
            close(ends.read)
            throw error
        }
    }

    /// Waits for the child to say something or to end.
    func nextEvent(within limit: Duration) -> ChildEvent {
        let deadline = ContinuousClock.now + limit
        while true {
            if let heartbeat = takeHeartbeat() { return .heartbeat(heartbeat) }
            let left = deadline - .now
            guard left > .zero else { return .silence }
            var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, Int32(left / .milliseconds(1)) + 1) > 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = read(pipe, &buffer, buffer.count)
            if count > 0 {
                received += buffer[..<count]
            } else if count == 0 {
                // The last write end is closed: the child has ended, or is doing so right now.
                return .ended(reap())
            }
        }
    }

    /// Sends a signal; nothing once the child is reaped.
    nonisolated func send(signal: Int32) {
        running.withLock { id in
            if let id { _ = kill(id, signal) }
        }
    }

    private func takeHeartbeat() -> Heartbeat? {
        while let end = received.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Data(received[..<end])
            received.removeSubrange(...end)
            // A line of another version of the program is no heartbeat; the silence after it will tell.
            if let heartbeat = try? JSONDecoder().decode(Heartbeat.self, from: line) { return heartbeat }
        }
        // Nobody writes lines of this length: forget what is none, rather than collect it.
        if received.count > 65_536 { received = [] }
        return nil
    }

    private func reap() -> ExitStatus {
        close(pipe)
        pipe = -1
        guard let id = running.withLock({ $0 }) else { preconditionFailure("a child is reaped once") }
        // Wait first and reap under the lock, so that `send` never signals a process that got the same number.
        var information = siginfo_t()
        while waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
        return running.withLock { running in
            running = nil
            var status: Int32 = 0
            waitpid(id, &status, 0)
            return ExitStatus(waitStatus: status)
        }
    }

    private static func makePipe() throws(SpawnError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard mien_pipe2(&ends, O_CLOEXEC) == 0 else { throw SpawnError(step: "pipe2", number: errno) }
        return (ends[0], ends[1])
    }
}
