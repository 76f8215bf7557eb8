import Foundation
import Settings
import Vision

/// How many worker processes to run.
public enum ProcessCount: Sendable, Equatable {
    /// One per core that this process may use, as far as its memory goes.
    case automatic
    /// So many.
    case fixed(Int)

    /// The most processes under one supervisor.
    static let limit = 256

    /// Reads `auto` or a number; nil for anything else.
    public init?(_ text: String) {
        if text == "auto" {
            self = .automatic
        } else if let count = Int(text), (1...Self.limit).contains(count) {
            self = .fixed(count)
        } else {
            return nil
        }
    }

    /// Reads a setting, and reports a wrong value to the reader.
    static func read(_ name: String, from settings: SettingsReader) -> ProcessCount {
        let text = settings.string(name, default: "auto")
        if let count = ProcessCount(text) { return count }
        settings.refuse(name, text, takes: "\"auto\" or a whole number from 1 to \(limit)")
        return .automatic
    }

    /// The number on this machine.
    ///
    /// - Parameter ceiling: bytes above which a process is replaced after its photo.
    public func resolved(ceiling: Int) -> Int {
        // Foundation counts the cores of the process's affinity mask, but knows no quotas.
        resolved(
            ceiling: ceiling, memory: ControlGroup.memory(),
            cores: min(ProcessInfo.processInfo.activeProcessorCount, ControlGroup.cores() ?? .max))
    }

    /// The number with so many cores and bytes of memory; nil for no limit of these.
    func resolved(ceiling: Int, memory: Int?, cores: Int) -> Int {
        switch self {
        case .fixed(let count): return count
        case .automatic:
            let fitting = memory.map { $0 / Self.most(ceiling: ceiling) } ?? .max
            return max(1, min(cores, fitting, Self.limit))
        }
    }

    /// What a process needs at most: the largest photo comes on top of what it may have kept of those before.
    private static func most(ceiling: Int) -> Int {
        ceiling + Pipeline.Limits.drawingBytesPerPixel * Pipeline.Limits().maxPixels
    }
}

/// What control groups (version 2) grant this process: a container with 2 of 64 cores must not run 64 processes, although
/// its affinity mask shows them all, nor one with 4 GiB more than fit into them.
enum ControlGroup {
    /// Processor time, in whole cores; nil when there is no limit.
    static func cores(membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup") -> Int? {
        least("cpu.max", membership: membership, root: root, cores)
    }

    /// Physical memory in bytes; nil when there is no limit.
    static func memory(membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup") -> Int? {
        least("memory.max", membership: membership, root: root) { Int($0.filter { !$0.isWhitespace }) }
    }

    /// The smallest limit of this process's control group and the groups above it.
    ///
    /// - Parameters:
    ///   - file: the limit's name.
    ///   - membership: the file that names the process's group (a line `0::/path`).
    ///   - root: where the hierarchy is mounted.
    ///   - read: the limit that a file's text tells, nil when it tells none.
    private static func least(
        _ file: String, membership: String, root: String, _ read: (String) -> Int?
    ) -> Int? {
        guard let text = try? String(contentsOfFile: membership, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::") })
        else { return nil }
        var path = line.dropFirst(3).split(separator: "/").map(String.init)
        var limits: [Int] = []
        while true {
            let place = ([root] + path + [file]).joined(separator: "/")
            if let text = try? String(contentsOfFile: place, encoding: .utf8), let limit = read(text) {
                limits.append(limit)
            }
            guard path.popLast() != nil else { return limits.min() }
        }
    }

    /// Reads `cpu.max`: `max 100000`, or quota and period in microseconds. A part of a core counts as one.
    static func cores(_ text: String) -> Int? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let quota = Double(words[0]), let period = Double(words[1]), quota > 0, period > 0
        else { return nil }
        return max(1, Int((quota / period).rounded(.up)))
    }
}
