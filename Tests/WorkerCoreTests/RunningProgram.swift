import Foundation
import Glibc
import TestSupport

@testable import WorkerCore

/// The built `mien-worker`, run as an operator runs it. What a failed test leaves running ends with it.
final class RunningProgram {
    /// Beside the test bundle.
    static let path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "mien-worker").path

    let process = Process()
    let healthFile: URL
    private let log: URL

    init(_ scene: Scene, processes: Int, settings: [String: String] = [:]) throws {
        healthFile = scene.healthFile
        log = scene.directory.appending(path: "worker.log")
        try Data().write(to: log)
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = ["--processes", "\(processes)"]
        process.environment = ProcessInfo.processInfo.environment.merging(scene.programEnvironment) { _, new in new }
            .merging(settings) { _, new in new }
        let output = try FileHandle(forWritingTo: log)
        // A worker left by a failed test must not hold the runner's output.
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    deinit {
        // Its processes end with it.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// What it logged so far.
    var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    var health: Health? { try? Health(contentsOf: healthFile) }

    /// Waits until all its processes are ready.
    func untilReady(_ processes: Int) async throws {
        try await eventually { health?.readyChildren == processes }
    }

    /// The process id of a slot's child.
    func pid(slot: Int) -> pid_t? {
        health?.children.first { $0.slot == slot }?.pid
    }

    /// The slot that made a claim, from the worker's name `host/slot`.
    static func slot(of worker: String) -> Int {
        worker.split(separator: "/").last.flatMap { Int($0) } ?? 0
    }

    /// Stops it gracefully.
    ///
    /// - Returns: its exit status, and how long it took.
    func stop() async throws -> (status: Int32, took: Duration) {
        let begin = ContinuousClock.now
        kill(process.processIdentifier, SIGTERM)
        try await eventually { !process.isRunning }
        return (process.terminationStatus, .now - begin)
    }
}

/// Whether a process exists and is not merely a zombie.
func isAlive(_ pid: pid_t) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let state = text.split(separator: ")").last?.split(separator: " ").first
    else { return false }
    return state != "Z"
}
