import Foundation
import Glibc

/// A bar on standard error with what is done and how long the rest takes; silent for a single item and where nobody
/// watches, so that logs and pipes stay clean.
struct ProgressLine {
    private let total: Int
    private let noun: String
    private let isShown: Bool
    private let start = ContinuousClock.now
    private(set) var done = 0
    private(set) var failed = 0

    init(total: Int, noun: String, isTerminal: Bool = isatty(STDERR_FILENO) != 0) {
        self.total = total
        self.noun = noun
        isShown = total > 1 && isTerminal
    }

    mutating func advance(failed hasFailed: Bool) {
        done += 1
        failed += hasFailed ? 1 : 0
    }

    func show() { write("\r" + text(after: .now - start)) }

    /// Makes room for a line of results.
    func clear() { write("\r\u{1B}[K") }

    /// Leaves the sum of it.
    func finish() { write(text(after: .now - start) + "\n") }

    /// Such as "[##########          ] 50/100 photos, 2 failed, 0:12 left".
    func text(after passed: Duration) -> String {
        let width = 20
        let filled = total == 0 ? width : done * width / total
        let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: width - filled)
        var parts = ["[\(bar)] \(done)/\(total) \(noun)"]
        if failed > 0 { parts.append("\(failed) failed") }
        if done == total {
            parts.append("in \(Self.clock(passed))")
        } else if done > 0 {
            parts.append("\(Self.clock(passed / done * (total - done))) left")
        }
        return parts.joined(separator: ", ")
    }

    private static func clock(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        return String(format: "%d:%02d", seconds / 60, seconds % 60)
    }

    private func write(_ text: String) {
        guard isShown else { return }
        FileHandle.standardError.write(Data(text.utf8))
    }
}
