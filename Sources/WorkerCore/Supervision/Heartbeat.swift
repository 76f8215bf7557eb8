import CLinux
import Foundation
import Glibc

/// What a worker process tells its supervisor each second: a line of JSON over a pipe.
struct Heartbeat: Codable, Equatable, Sendable {
    /// How far the process is.
    enum State: String, Codable, Sendable {
        /// Loading its models, or waiting for its share of the partitions.
        case starting
        /// It has its share, and takes jobs.
        case ready
        /// It finishes the photo in work, and ends.
        case stopping
    }

    /// How far the process is.
    var state: State
    /// The work loop is in a step that has taken longer than it may: the process hangs.
    var isOverdue: Bool
    /// The model that is loaded, as `name/version`; nil before.
    var model: String?
    /// Its physical memory.
    var residentBytes = 0
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
        guard mien_is_pipe(descriptor) != 0 else { return nil }
        // A supervisor that does not read must not stop its children.
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            return nil
        }
        self.descriptor = descriptor
    }

    /// The kernel writes as much to a pipe whole or not at all (PIPE_BUF).
    static let maximumBytes = 4_096

    /// Writes a heartbeat; one that does not fit now is left out, the next one tells the same.
    func send(_ heartbeat: Heartbeat) {
        guard let json = try? JSONEncoder().encode(heartbeat), json.count < Self.maximumBytes else { return }
        (json + [UInt8(ascii: "\n")]).withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
    }
}
