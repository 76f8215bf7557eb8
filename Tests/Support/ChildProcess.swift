import Glibc

/// A server that tests start, killed with the tests whatever end they come to.
///
/// `Foundation.Process` cannot tie a child's life to ours, and `swift-subprocess` ends its children with a scope; a test's
/// server outlives scopes and is killed and started again.
struct ChildProcess: Sendable {
    let identifier: pid_t

    /// Starts a program.
    ///
    /// - Important: the kernel sends the death signal when the *thread* that called this ends: call it from a thread that
    ///   lives as long as the process.
    /// - Parameters:
    ///   - arguments: the program's path, then its arguments.
    ///   - user: whom to run it as; `nil` for whoever we are.
    ///   - deathSignal: what the child is sent when this process ends.
    ///   - directory: its working directory.
    ///   - log: the file to which its output is appended.
    static func start(
        _ arguments: [String], as user: String?, deathSignal: String, in directory: String, log: String
    ) throws -> ChildProcess {
        // Each of these programs becomes the next one, so the process stays the same.
        var command = ["/usr/bin/env", "-C", directory, "/usr/bin/setpriv", "--pdeathsig", deathSignal]
        if let user { command += ["--reuid", user, "--regid", user, "--init-groups"] }
        command += ["--"] + arguments
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Its own process group: Ctrl-C in the terminal is for the tests, which then end their servers.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var strings = command.map { strdup($0) } + [nil]
        defer { strings.forEach { free($0) } }
        var identifier: pid_t = 0
        let status = posix_spawn(&identifier, command[0], &actions, &attributes, &strings, environ)
        guard status == 0 else {
            throw ChildProcessError("cannot start \(command[0]): \(String(cString: strerror(status)))")
        }
        return ChildProcess(identifier: identifier)
    }

    func send(_ signal: Int32) {
        kill(identifier, signal)
    }

    /// Stops it where it is, and returns when all its threads have stopped: until then it may still answer.
    func pause() {
        send(SIGSTOP)
        var status: Int32 = 0
        waitpid(identifier, &status, WUNTRACED)
    }

    /// The exit status if it has ended.
    func statusIfEnded() -> Int32? {
        var status: Int32 = 0
        let ended = waitpid(identifier, &status, WNOHANG)
        return ended == 0 ? nil : status
    }

    /// Waits for its end; blocks.
    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
        return status
    }
}

/// Why a server for tests could not be started.
struct ChildProcessError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
