import Foundation
import Glibc

/// One of the product's own executables, run as an operator runs it.
final class ManagedProcess: @unchecked Sendable {  // Its mutable state is guarded by `lock`.
    let name: String
    private let executable: URL
    private let arguments: [String]
    private let environment: [String: String]
    private let logFile: URL
    private let lock = NSLock()
    private var process: Process?

    init(_ name: String, arguments: [String] = [], environment: [String: String], logs: URL) {
        self.name = name
        executable = Self.products.appending(path: name)
        self.arguments = arguments
        var all = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MIEN_") }
        all.merge(environment) { _, new in new }
        self.environment = all
        logFile = logs.appending(path: "\(name)-\(UUID().uuidString.prefix(8)).out")
    }

    deinit {
        process?.terminationHandler = nil
        if let process, process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    }

    /// Where SwiftPM put the executables: beside the test bundle.
    static let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()

    var processIdentifier: Int32 { lock.withLock { process?.processIdentifier ?? 0 } }
    var isRunning: Bool { lock.withLock { process?.isRunning ?? false } }

    /// What it wrote so far.
    var output: String { (try? String(contentsOf: logFile, encoding: .utf8)) ?? "" }

    func start() throws {
        if !FileManager.default.fileExists(atPath: logFile.path) {
            try Data().write(to: logFile)
        }
        let handle = try FileHandle(forWritingTo: logFile)
        try handle.seekToEnd()
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        lock.withLock { self.process = process }
    }

    func signal(_ number: Int32) {
        Glibc.kill(processIdentifier, number)
    }

    /// Sends SIGKILL, to its children as well, and waits until it is gone.
    func killNow() async throws {
        let children = Self.children(of: processIdentifier)
        signal(SIGKILL)
        for child in children { Glibc.kill(child, SIGKILL) }
        _ = try await exitStatus(within: .seconds(10))
    }

    /// The exit status (or the signal that ended it, negative), or nil when it still runs after `limit`.
    func exitStatus(within limit: Duration) async throws -> Int32? {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if let process = lock.withLock({ process }), !process.isRunning {
                return process.terminationReason == .uncaughtSignal
                    ? -process.terminationStatus : process.terminationStatus
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    /// The processes whose parent is `parent`.
    static func children(of parent: Int32) -> [Int32] {
        // The kernel lists them by the thread that made them.
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task")) ?? []
        return threads.flatMap { thread in
            let text = try? String(contentsOfFile: "/proc/\(parent)/task/\(thread)/children", encoding: .utf8)
            return text?.split(separator: " ").compactMap { Int32($0) } ?? []
        }
    }
}
