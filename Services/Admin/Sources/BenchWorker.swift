import Foundation
import Glibc

/// A worker that a bench starts and stops, with the settings of the command's own environment.
final class BenchWorker {
    private let process = Process()
    private let health: URL
    /// The most physical memory of one of its processes at each look, in bytes.
    private(set) var memory: [Int] = []

    /// - Parameter program: the path of `mien-worker`.
    init(_ program: URL, processes: Int) throws {
        health = FileManager.default.temporaryDirectory.appending(path: "mien-bench-\(UUID().uuidString).health")
        process.executableURL = program
        process.arguments = ["--processes", "\(processes)"]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "MIEN_HEALTH_FILE": health.path, "MIEN_LOG_LEVEL": "warning", "MIEN_WORKER_NAME": "bench",
        ]) { _, new in new }
        // The command's own output is the bench's result.
        process.standardOutput = FileHandle.standardError
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: health)
    }

    /// Whether it still runs.
    var isRunning: Bool { process.isRunning }

    /// Notes how large its processes are.
    func look() {
        let tasks = "/proc/\(process.processIdentifier)/task"
        // The kernel lists children by the thread that made them.
        let children = (try? FileManager.default.contentsOfDirectory(atPath: tasks))?.compactMap {
            try? String(contentsOfFile: "\(tasks)/\($0)/children", encoding: .utf8)
        }
        let sizes = children?.joined(separator: " ").split(separator: " ").compactMap { child -> Int? in
            let status = try? String(contentsOfFile: "/proc/\(child)/statm", encoding: .utf8)
            return status?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4_096 }
        }
        if let largest = sizes?.max() { memory.append(largest) }
    }

    /// Stops it gracefully.
    func stop() async throws {
        kill(process.processIdentifier, SIGTERM)
        for _ in 0..<300 {
            if !process.isRunning { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        guard !process.isRunning, process.terminationStatus == 0 else {
            throw CommandFailure(message: "The worker did not stop in good order.")
        }
    }
}
