import Foundation
import Settings

/// How many worker processes to run.
public enum ProcessCount: Sendable, Equatable {
    /// One per core that this process may use.
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
    public var resolved: Int {
        switch self {
        case .fixed(let count): count
        case .automatic:
            // Foundation counts the cores of the process's affinity mask, but knows no quotas.
            min(max(1, ProcessInfo.processInfo.activeProcessorCount), CPUQuota.ofThisProcess() ?? .max, Self.limit)
        }
    }
}

/// The processor time that control groups grant, in whole cores: a container with 2 of 64 cores must not run 64
/// processes, although its affinity mask shows them all.
enum CPUQuota {
    /// The smallest quota of this process's control group and the groups above it; nil when there is none.
    ///
    /// - Parameters:
    ///   - membership: the file that names the process's group (cgroups version 2: a line `0::/path`).
    ///   - root: where the hierarchy is mounted.
    static func ofThisProcess(
        membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup"
    ) -> Int? {
        guard let text = try? String(contentsOfFile: membership, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::") })
        else { return nil }
        var path = line.dropFirst(3).split(separator: "/").map(String.init)
        var quotas: [Int] = []
        while true {
            let file = ([root] + path + ["cpu.max"]).joined(separator: "/")
            if let text = try? String(contentsOfFile: file, encoding: .utf8), let cores = cores(text) {
                quotas.append(cores)
            }
            guard path.popLast() != nil else { return quotas.min() }
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
