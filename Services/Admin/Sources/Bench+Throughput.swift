import ArgumentParser
import Foundation
import Logging
import Postgres
import Settings
import Vision

extension Bench {
    /// Photos per second through the whole product, against the bare pipeline on the same photos in the same run.
    struct Throughput: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measures how quickly waiting photos are analysed by workers that it starts itself.",
            discussion: """
                No other worker may run. The photos are uploaded first, so that uploading costs nothing while they are \
                analysed, and the database's own times are what counts.
                """)

        @Argument(help: "The photos, which are sent by turns.") var photoFiles: [String]
        @Option(help: "The gateway's address.") var url = "http://127.0.0.1:8080"
        @Option(help: "An API token; made by \"mien token create\".") var token: String
        @Option(help: "How many photos for each number of processes.") var photos = 300
        @Option(help: "Numbers of worker processes, with commas.", transform: Self.counts) var processes = [1, 2]
        @Option(help: "Interactive photos to send while a bulk upload is analysed; 0 for none.") var interactive = 20
        @Option(help: "The path of mien-worker (default: beside this program).") var worker: String?
        @Flag(help: "Print one JSON object.") var json = false
        @OptionGroup var models: ModelOptions

        @Sendable private static func counts(_ text: String) throws -> [Int] {
            let counts = text.split(separator: ",").map { Int($0) ?? 0 }
            guard !counts.isEmpty, counts.allSatisfy({ $0 >= 1 }) else {
                throw ValidationError("--processes takes whole numbers from 1, such as 1,2; not \(text).")
            }
            return counts
        }

        func validate() throws {
            guard photos >= 100 else { throw ValidationError("--photos takes a number from 100.") }
            guard interactive >= 0 else { throw ValidationError("--interactive takes a number from 0.") }
        }

        /// What was measured with one number of processes.
        struct Run: Encodable {
            let processes: Int
            let photosPerSecond: Double
            /// Of one pipeline that has the machine to itself, and of as many at once as there are processes.
            let bare: Double
            let bareTogether: Double
            let ofBare: Double
            let memory: [Int]
            let waits: Waits?

            enum CodingKeys: String, CodingKey {
                case processes, bare, waits
                case photosPerSecond = "photos_per_second"
                case bareTogether = "bare_together"
                case ofBare = "of_bare_per_process"
                case memory = "resident_mb_by_quarter"
            }
        }

        /// Upload's end to result, in milliseconds.
        struct Waits: Encodable {
            let idle: Double
            let duringBulk: Double
            let delay: Double
            let photo: Double

            enum CodingKeys: String, CodingKey {
                case idle = "idle_p50_ms"
                case duringBulk = "during_bulk_p50_ms"
                case delay = "delay_p50_ms"
                case photo = "one_photo_ms"
            }
        }

        func run() async throws {
            let files = try photoFiles.map { try [UInt8](Data(contentsOf: URL(filePath: $0))) }
            let pipelines = try await pipelines(processes.max() ?? 1)
            let runs = try await AdminDatabase.with(SettingsReader()) { pool in
                let bench = ThroughputRun(
                    command: self, files: files, pipelines: pipelines, database: BenchDatabase(pool: pool),
                    client: BenchClient(url: url, token: token))
                var runs: [Run] = []
                for count in processes { runs.append(try await bench.run(count)) }
                return runs
            }
            try json ? printJSON(runs) : printTable(runs)
        }

        private func pipelines(_ count: Int) async throws -> [Pipeline] {
            var pipelines: [Pipeline] = []
            for _ in 0..<count { pipelines.append(try await models.pipeline()) }
            return pipelines
        }

        private func printJSON(_ runs: [Run]) throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            print(String(decoding: try encoder.encode(["runs": runs]), as: UTF8.self))
        }

        private func printTable(_ runs: [Run]) {
            print(
                "processes  photos/s  bare pipeline  of bare, per process  as many bare at once  MB per process, by quarter"
            )
            for run in runs {
                print(
                    String(
                        format: "%9d  %8.1f  %13.1f  %20.2f  %20.1f  ", run.processes, run.photosPerSecond, run.bare,
                        run.ofBare, run.bareTogether)
                        + run.memory.map { "\($0)" }.joined(separator: " "))
            }
            if let first = runs.first, let last = runs.last, runs.count > 1 {
                print(
                    String(
                        format: "%d processes are %.2f times as quick as %d", last.processes,
                        last.photosPerSecond / first.photosPerSecond, first.processes))
            }
            for run in runs {
                guard let waits = run.waits else { continue }
                print(
                    String(
                        format: "%d: an interactive photo waits %.0f ms at idle, %.0f ms during a bulk upload: "
                            + "%.0f ms more; one photo takes %.0f ms",
                        run.processes, waits.idle, waits.duringBulk, waits.delay, waits.photo))
            }
        }
    }
}

/// The steps of ``Bench/Throughput``.
private struct ThroughputRun: Sendable {
    let command: Bench.Throughput
    let files: [[UInt8]]
    let pipelines: [Pipeline]
    let database: BenchDatabase
    let client: BenchClient

    func run(_ processes: Int) async throws -> Bench.Throughput.Run {
        guard try await database.open() == 0 else {
            throw CommandFailure(message: "Photos are waiting already: this bench needs an installation of its own.")
        }
        let start = try await database.now()
        try await upload()
        guard try await database.ended(since: start) == 0 else {
            throw CommandFailure(message: "Another worker runs: stop it, this bench starts its own.")
        }
        let before = try await bare()
        let worker = try BenchWorker(program, processes: processes)
        let duringBulk = try await drain(worker, since: start)
        let rate = try await database.rate(since: start)
        let idle = command.interactive > 0 ? try await interactive(worker).median : 0
        try await worker.stop()
        // Before and after, since other work on the machine comes and goes.
        let bare = (before + (try await bare())) / 2
        let together = processes == 1 ? bare : try await self.bare(together: processes)
        let waits =
            duringBulk.count == 0
            ? nil
            : Bench.Throughput.Waits(
                idle: idle, duringBulk: duringBulk.median, delay: duringBulk.median - idle,
                photo: 1_000 * Double(processes) / rate)
        return Bench.Throughput.Run(
            processes: processes, photosPerSecond: rate, bare: bare, bareTogether: together,
            ofBare: rate / bare / Double(processes),
            memory: quarters(worker.memory).map { $0 >> 20 }, waits: waits)
    }

    private var program: URL {
        command.worker.map { URL(filePath: $0) }
            ?? URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "mien-worker")
    }

    private func upload() async throws {
        var sent = 0
        while sent < command.photos {
            let form = (sent..<min(sent + 20, command.photos)).map { files[$0 % files.count] }
            let uploaded = try await client.upload(form, lane: "bulk")
            guard uploaded.ids.count == form.count else {
                throw CommandFailure(
                    message: "Photos were refused: \(Set(uploaded.refusals).sorted().joined(separator: " "))")
            }
            sent += form.count
        }
    }

    /// Photos per second of pipelines alone, in this process: what the machine has to give.
    private func bare(together number: Int = 1) async throws -> Double {
        let used = pipelines.prefix(number)
        for pipeline in used { for photo in files { _ = try await pipeline.analyse(photo) } }
        let count = max(40, files.count * 8)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup { group in
            for pipeline in used {
                group.addTask {
                    for index in 0..<count { _ = try await pipeline.analyse(files[index % files.count]) }
                }
            }
            try await group.waitForAll()
        }
        return Double(count * number) / ((.now - start) / .seconds(1))
    }

    /// Waits until all are done, sending interactive photos meanwhile.
    ///
    /// - Returns: what those waited.
    private func drain(_ worker: BenchWorker, since start: Date) async throws -> Samples {
        var waits = Samples()
        let first = command.photos / 10
        while try await database.open() > 0 {
            guard worker.isRunning else { throw CommandFailure(message: "The worker ended: see its words above.") }
            worker.look()
            let ended = try await database.ended(since: start)
            if waits.count < command.interactive, ended > first, ended < command.photos * 9 / 10 {
                waits.add(try await wait())
                // Not at the same point of a photo each time.
                try await Task.sleep(for: .milliseconds(Int.random(in: 100...300)))
            } else {
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        return waits
    }

    private func interactive(_ worker: BenchWorker) async throws -> Samples {
        var waits = Samples()
        for _ in 0..<command.interactive {
            waits.add(try await wait())
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...300)))
        }
        return waits
    }

    private func wait() async throws -> Duration {
        let uploaded = try await client.upload(files[0])
        return try await client.finish(of: uploaded.id) - uploaded.at
    }

    /// The largest of each quarter: whether it grows shows over many photos.
    private func quarters(_ values: [Int]) -> [Int] {
        let size = max(1, values.count / 4)
        return stride(from: 0, to: min(values.count, 4 * size), by: size).compactMap {
            values[$0..<min($0 + size, values.count)].max()
        }
    }
}
