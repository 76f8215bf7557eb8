import Glibc
import Synchronization

/// A log file that is renamed to `path.1`, `path.2`, … before it grows past its limit.
///
/// Several processes may share one file (a supervisor and its workers): lines are appended whole, the rotation is
/// done under an advisory lock, and every process notices within a second when another one has rotated. No Swift
/// package that resolves here rotates files, and logrotate would be one more thing to install.
final class RotatingFile: LineSink {
    private let path: String
    private let maxBytes: Int
    private let kept: Int
    private let state: Mutex<State>

    private struct State {
        var descriptor: Int32
        var lastCheck: Int
    }

    /// Opens the file for appending, and makes it when it is not there.
    ///
    /// - Throws: ``LogFileError`` when it cannot be opened.
    init(path: String, maxBytes: Int, kept: Int) throws {
        self.path = path
        self.maxBytes = maxBytes
        self.kept = kept
        let descriptor = Self.open(path)
        if descriptor < 0 { throw LogFileError(path: path, reason: String(cString: strerror(errno))) }
        state = Mutex(State(descriptor: descriptor, lastCheck: 0))
    }

    deinit {
        state.withLock { _ = close($0.descriptor) }
    }

    func write(_ line: String) {
        state.withLock { state in
            let now = time(nil)
            if now != state.lastCheck {
                state.lastCheck = now
                followRotation(&state)
            }
            if size(of: state.descriptor) + line.utf8.count > maxBytes { rotate(&state) }
            FileDescriptorWriter.write(line, to: state.descriptor)
        }
    }

    /// Opens the path anew when it no longer names the file that is open.
    private func followRotation(_ state: inout State) {
        var named = stat()
        var opened = stat()
        fstat(state.descriptor, &opened)
        if stat(path, &named) == 0, named.st_ino == opened.st_ino, named.st_dev == opened.st_dev { return }
        let descriptor = Self.open(path)
        guard descriptor >= 0 else { return }  // The directory went away: the open file still takes the lines.
        close(state.descriptor)
        state.descriptor = descriptor
    }

    private func rotate(_ state: inout State) {
        let lock = Glibc.open("\(path).lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o640)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
            if lock >= 0 { close(lock) }
            return
        }
        defer { close(lock) }
        // Another process may have rotated while this one waited for the lock.
        followRotation(&state)
        guard size(of: state.descriptor) > maxBytes / 2 else { return }
        for number in stride(from: kept, to: 1, by: -1) { rename("\(path).\(number - 1)", "\(path).\(number)") }
        if kept > 0 { rename(path, "\(path).1") } else { unlink(path) }
        followRotation(&state)
    }

    private func size(of descriptor: Int32) -> Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    private static func open(_ path: String) -> Int32 {
        Glibc.open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o640)
    }
}

/// Writes whole lines to a descriptor.
enum FileDescriptorWriter {
    /// Goes on after a partial or interrupted write; a full disk or closed pipe loses the line, since a log line that
    /// cannot be written can only be reported in another one.
    static func write(_ line: String, to descriptor: Int32) {
        var line = line
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                if written <= 0 { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
            }
        }
    }
}

/// A log file that cannot be opened.
public struct LogFileError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    /// Names the file and why.
    public var description: String { "The log file \"\(path)\" cannot be opened: \(reason)." }
}
