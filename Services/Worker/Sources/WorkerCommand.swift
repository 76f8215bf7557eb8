import ArgumentParser
import Foundation
import Kafka
import WorkerCore

/// The worker service: a supervisor, its worker processes, and the check of their health.
@main
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mien-worker",
        abstract: "Analyses photos: takes jobs from Kafka, claims their photos, publishes results.",
        discussion: "Settings are MIEN_ environment variables; the README lists them.",
        version: "mien-worker with \(KafkaLibrary.description)",
        subcommands: [Run.self, CheckHealth.self],
        defaultSubcommand: Run.self)
}

/// `mien-worker health`: for containers and scripts.
struct CheckHealth: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Exits with 0 when the supervisor is alive and a worker process is ready, else with 1.")

    @Option(help: "The supervisor's health file; MIEN_HEALTH_FILE by default.")
    var file: String?

    func run() throws {
        guard let path = file ?? ProcessInfo.processInfo.environment["MIEN_HEALTH_FILE"] else {
            throw ValidationError("Name the health file with --file or MIEN_HEALTH_FILE.")
        }
        let health: Health
        do {
            health = try Health(contentsOf: URL(fileURLWithPath: path))
        } catch {
            print("unhealthy: \(path) cannot be read. Is the worker running?")
            throw ExitCode.failure
        }
        if let problem = health.problem() {
            print("unhealthy: \(problem)")
            throw ExitCode.failure
        }
        print("healthy: \(health.readyChildren) of \(health.children.count) worker processes ready")
    }
}
