import ArgumentParser
import Foundation
import Vision

extension Bench {
    /// The bare pipeline: one process, photos in memory, stage by stage.
    struct PipelineStages: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pipeline",
            abstract: "Measures the stages of the analysis of photos that are in memory; needs no server.")

        @Argument(help: "The photos.") var photos: [String]
        @Option(help: "How many times each, after three that are not counted.") var count = 30
        @Flag(help: "Print one JSON object.") var json = false
        @OptionGroup var models: ModelOptions

        func validate() throws {
            guard count >= 1 else { throw ValidationError("--count takes a number from 1.") }
        }

        func run() async throws {
            let start = ContinuousClock.now
            let pipeline = try await models.pipeline()
            let ready = (.now - start) / .milliseconds(1)
            let files = try photos.map { ($0, try [UInt8](Data(contentsOf: URL(filePath: $0)))) }
            var rows: [Row] = []
            for (name, bytes) in files { rows.append(Row(name: name, bytes: bytes.count)) }
            // All photos by turns, so that other work on the machine meets them alike.
            for round in -3..<count {
                for (index, (_, bytes)) in files.enumerated() {
                    let start = ContinuousClock.now
                    let analysis = try await pipeline.analyse(bytes)
                    if round >= 0 { rows[index].add(analysis, total: .now - start) }
                }
            }
            try json ? printJSON(rows, pipeline, ready: ready) : printTable(rows, pipeline, ready: ready)
        }

        private func printTable(_ rows: [Row], _ pipeline: Pipeline, ready: Double) {
            let model = "\(pipeline.model.name) \(pipeline.model.version)"
            print(String(format: "%@, %@, ready after %.0f ms", model, pipeline.precision.rawValue, ready))
            let names = Row.stages.map { $0.padding(toLength: 9, withPad: " ", startingAt: 0) }.joined()
            print("median ms        size  faces   \(names)  total  photos/s")
            for row in rows {
                let name = URL(filePath: row.name).lastPathComponent.padding(toLength: 12, withPad: " ", startingAt: 0)
                let stages = Row.stages.map { String(format: "%-9.2f", row.median($0)) }.joined()
                print(
                    String(
                        format: "%@ %4d×%-4d %4d   %@ %6.1f  %8.1f", name, row.width, row.height, row.faces, stages,
                        row.total.median, 1000 / row.total.median))
            }
        }

        private struct Report: Encodable {
            let model: String
            let precision: String
            let readyMilliseconds: Double
            let photos: [Photo]

            struct Photo: Encodable {
                let name: String
                let bytes, width, height, faces: Int
                let stages: [String: Double]
                let total, p99, perSecond: Double

                enum CodingKeys: String, CodingKey {
                    case name, bytes, width, height, faces
                    case stages = "stages_p50_ms"
                    case total = "total_p50_ms"
                    case p99 = "total_p99_ms"
                    case perSecond = "photos_per_second"
                }
            }

            enum CodingKeys: String, CodingKey {
                case model, precision, photos
                case readyMilliseconds = "ready_ms"
            }
        }

        private func printJSON(_ rows: [Row], _ pipeline: Pipeline, ready: Double) throws {
            let photos = rows.map { row in
                Report.Photo(
                    name: URL(filePath: row.name).lastPathComponent, bytes: row.bytes, width: row.width,
                    height: row.height, faces: row.faces,
                    stages: Dictionary(uniqueKeysWithValues: Row.stages.map { ($0, row.median($0)) }),
                    total: row.total.median, p99: row.total.quantile(0.99), perSecond: 1000 / row.total.median)
            }
            let report = Report(
                model: "\(pipeline.model.name)/\(pipeline.model.version)", precision: pipeline.precision.rawValue,
                readyMilliseconds: ready, photos: photos)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        }
    }

    /// What was measured on one photo.
    private struct Row {
        static let stages = ["decode", "detect", "crop", "classify", "preview"]

        let name: String
        let bytes: Int
        var (width, height, faces) = (0, 0, 0)
        var total = Samples()
        private var samples: [String: Samples] = [:]

        init(name: String, bytes: Int) {
            self.name = name
            self.bytes = bytes
        }

        mutating func add(_ analysis: PhotoAnalysis, total duration: Duration) {
            (width, height, faces) = (analysis.width, analysis.height, analysis.faces.count)
            total.add(duration)
            for (stage, duration) in analysis.timings { samples[stage, default: Samples()].add(duration) }
        }

        func median(_ stage: String) -> Double { samples[stage]?.median ?? 0 }
    }
}
