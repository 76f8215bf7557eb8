import CLinux
import Glibc

/// A child that could not be started.
struct SpawnError: Error, CustomStringConvertible {
    /// The call that failed.
    let step: String
    /// Its `errno`.
    let number: Int32

    var description: String { "\(step): \(String(cString: strerror(number)))" }
}

/// One call of `posix_spawn`.
struct SpawnRequest {
    let executable: String
    let arguments: [String]
    let environment: [String: String]

    /// Starts the program with the pipe's write end as its descriptor 3, and nothing else beyond the standard ones.
    ///
    /// - Returns: its process id.
    func spawn(heartbeats: Int32) throws(SpawnError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        try check(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init")
        defer { posix_spawn_file_actions_destroy(&actions) }
        try check(posix_spawnattr_init(&attributes), "posix_spawnattr_init")
        defer { posix_spawnattr_destroy(&attributes) }
        // dup2 clears close-on-exec, in glibc also where both numbers are the same.
        let target = HeartbeatPipe.childDescriptor
        try check(posix_spawn_file_actions_adddup2(&actions, heartbeats, target), "posix_spawn_file_actions_adddup2")
        try check(mien_spawn_close_from(&actions, target + 1), "posix_spawn_file_actions_addclosefrom_np")
        try set(&attributes)
        let argv = CStrings([executable] + arguments)
        let envp = CStrings(environment.map { "\($0.key)=\($0.value)" })
        var id: pid_t = 0
        try check(posix_spawn(&id, executable, &actions, &attributes, argv.pointers, envp.pointers), "posix_spawn")
        return id
    }

    /// The supervisor blocks and ignores signals that its children must see.
    private func set(_ attributes: inout posix_spawnattr_t) throws(SpawnError) {
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        try check(posix_spawnattr_setsigmask(&attributes, &none), "posix_spawnattr_setsigmask")
        try check(posix_spawnattr_setsigdefault(&attributes, &all), "posix_spawnattr_setsigdefault")
        try check(posix_spawnattr_setpgroup(&attributes, 0), "posix_spawnattr_setpgroup")
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        try check(posix_spawnattr_setflags(&attributes, Int16(flags)), "posix_spawnattr_setflags")
    }

    private func check(_ number: Int32, _ step: String) throws(SpawnError) {
        if number != 0 { throw SpawnError(step: step, number: number) }
    }
}

/// A null-terminated array of C strings, as `posix_spawn` takes it.
private final class CStrings {
    let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) {
        pointers = strings.map { strdup($0) } + [nil]
    }

    deinit {
        for pointer in pointers { free(pointer) }
    }
}
