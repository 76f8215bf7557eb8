import ArgumentParser
import Foundation
import Glibc
import Vision

extension Models {
    /// `mien models use`: the workers' next model.
    struct Use: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switch the workers to another model.",
            discussion: """
                Writes the choice into the file "current" in the models' folder, after checking the model's files. \
                Workers read it when they start, and when their supervisor gets SIGHUP: then one process after the \
                other takes the new model, and no job is lost. Deploy/local mien models use tells the supervisor by \
                itself.
                """)

        @Argument(help: "NAME/VERSION, or a NAME for its newest version.")
        var model: String?

        @Flag(help: "Go back to the newest model of all.")
        var newest = false

        @Option(help: "The supervisor's process id: it is told to reload (default: MIEN_WORKER_PID).")
        var pid: Int32?

        @OptionGroup var folder: Folder

        func validate() throws {
            guard (model != nil) != newest else { throw ValidationError("Name one model, or say --newest.") }
            if let pid, pid <= 1 { throw ValidationError("--pid takes a process id greater than 1.") }
        }

        func run() throws {
            let environment = ProcessInfo.processInfo.environment
            do {
                let supervisor = try (pid ?? environment["MIEN_WORKER_PID"].flatMap(Int32.init)).map(Supervisor.init)
                let card = try ModelCatalogue.choose(model, in: folder.url)
                print("Chosen: \(card.name)/\(card.version)")
                if let fixed = environment["MIEN_MODEL"], !fixed.isEmpty {
                    complain("MIEN_MODEL is \(fixed) here: workers with this setting load that, whatever is chosen.")
                }
                try supervisor?.reload()
                print(
                    supervisor == nil
                        ? "Workers take it at their next start, or when their supervisor gets SIGHUP (--pid)."
                        : "The workers take it now, one after the other.")
            } catch {
                complain("mien models use: \(Classify.explain(error))")
                throw ExitCode(1)
            }
        }
    }

    /// The process that is told to reload.
    private struct Supervisor {
        let pid: Int32

        /// - Throws: when the process is no worker: SIGHUP ends most other programs.
        init(pid: Int32) throws {
            self.pid = pid
            let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
            guard name?.trimmingCharacters(in: .newlines) == "mien-worker" else {
                let what = name.map { "is \($0.trimmingCharacters(in: .newlines))" } ?? "does not run"
                throw CommandFailure(message: "Process \(pid) \(what), not mien-worker. Nothing was changed.")
            }
        }

        func reload() throws {
            guard kill(pid, SIGHUP) == 0 else {
                let reason = String(cString: strerror(errno))
                throw CommandFailure(message: "The choice is written, but process \(pid) cannot be told: \(reason).")
            }
        }
    }
}
