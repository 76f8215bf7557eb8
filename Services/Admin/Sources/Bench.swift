import ArgumentParser
import Foundation
import Vision

/// Benchmarks that people and `Deploy/bench` run; figures in the README come from them.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures a running installation, or the parts that need none.",
        subcommands: [
            Latency.self, Throughput.self, Soak.self, PipelineStages.self, Detection.self, Networks.self, Pages.self,
            API.self,
        ])

    /// Upload to result, one photo at a time, against the bare pipeline on the same photo in the same run.
    struct Latency: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measures the time from the start of an upload to its result, when nothing else waits.")

        @Option(help: "The gateway's address.") var url = "http://127.0.0.1:8080"
        @Option(help: "An API token; made by \"mien token create\".") var token: String
        @Option(help: "The photo to send.") var photo: String
        @Option(help: "How many times, after three that are not counted.") var count = 50
        @Flag(help: "Print one JSON object.") var json = false
        @OptionGroup var models: ModelOptions

        func validate() throws {
            guard count >= 1 else { throw ValidationError("--count takes a number from 1.") }
        }

        func run() async throws {
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: photo)))
            let client = BenchClient(url: url, token: token)
            let pipeline = try await models.pipeline()
            var (journeys, uploads, bare) = (Samples(), Samples(), Samples())
            for round in -3..<count {
                let start = ContinuousClock.now
                let uploaded = try await client.upload(bytes)
                let end = try await client.finish(of: uploaded.id)
                let pipelineStart = ContinuousClock.now
                _ = try await pipeline.analyse(bytes)
                guard round >= 0 else { continue }
                journeys.add(end - start)
                uploads.add(end - uploaded.at)
                bare.add(.now - pipelineStart)
            }
            let overhead = journeys.median - bare.median
            if json {
                let figures = [
                    "photo_bytes": Double(bytes.count), "count": Double(count), "journey_p50_ms": journeys.median,
                    "journey_p99_ms": journeys.quantile(0.99), "after_upload_p50_ms": uploads.median,
                    "after_upload_p99_ms": uploads.quantile(0.99), "pipeline_p50_ms": bare.median,
                    "overhead_p50_ms": overhead, "ratio": journeys.median / bare.median,
                ]
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
                print(String(decoding: try encoder.encode(figures), as: UTF8.self))
                return
            }
            print("milliseconds                     p50     p99     max   (\(count) photos of \(bytes.count) bytes)")
            print("upload's start to result     \(journeys.row)")
            print("upload's end to result       \(uploads.row)")
            print("the bare pipeline            \(bare.row)")
            print(
                String(
                    format: "the way around the pipeline: %.1f ms, journey / pipeline = %.2f", overhead,
                    journeys.median / bare.median))
        }
    }
}
