import Foundation
import Glibc

/// What a worker process tells its supervisor each second: a line of JSON over a pipe.
struct Heartbeat: Codable, Equatable, Sendable {
    /// How far the process is.
    enum State: String, Codable, Sendable {
        /// Loading its models.
        case starting
        /// Its models are loaded, and it polls for jobs.
        case ready
        /// It finishes the photo in work, and ends.
        case stopping
    }

    /// How far the process is.
    var state: State
    /// The work loop is in a step that has taken longer than it may: the process hangs.
    var isOverdue: Bool
    /// What it has done.
    var done: Tally.Figures
}

/// The child's end of the pipe.
struct HeartbeatPipe: Sendable {
    /// The descriptor at which every child finds the pipe.
    static let childDescriptor: Int32 = 3

    private let descriptor: Int32

    /// The pipe that the supervisor left open for this process; nil when there is none.
    ///
    /// - Important: before anything else opens files: a later one could get the same number.
    init?(descriptor: Int32 = childDescriptor) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return nil }
        // A supervisor that does not read must not stop its children.
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            return nil
        }
        self.descriptor = descriptor
    }

    /// Writes a heartbeat; one that does not fit now is left out, the next one tells the same.
    func send(_ heartbeat: Heartbeat) {
        guard let json = try? JSONEncoder().encode(heartbeat) else { return }
        // Below PIPE_BUF, so it is written whole or not at all.
        (json + [UInt8(ascii: "\n")]).withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
    }
}
