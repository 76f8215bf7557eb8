import ArgumentParser
import Foundation
import Vision

extension Bench {
    /// The detector on photos in which faces are marked.
    struct Detection: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measures which marked faces of a folder's photos are found; needs no server.",
            discussion: """
                The labels are a JSON object with a member for each photo: {"photo.jpg": [[left, top, right, bottom], …], …}, in \
                pixels of the photo as it is to be looked at; [] for a photo without a face. Instead of the list there may be \
                {"sure": […], "doubtful": […]}: a doubtful face counts neither as missed nor as false. A marked face is found when \
                a listed one shares more than 0.35 of the area of both; a listed one is false when it shares no more than 0.3 \
                with any. Photos that the labels do not name are passed over.
                """)

        @Option(help: "The folder with the photos.") var photos: String
        @Option(help: "The file with the labels.") var labels: String
        @Flag(help: "Print one JSON object.") var json = false
        @OptionGroup var models: ModelOptions

        func run() async throws {
            let marked = try readLabels()
            let pipeline = try await models.pipeline()
            var report = Report(pipeline: pipeline, photos: marked.count)
            var progress = ProgressLine(total: marked.count, noun: "photos")
            // What a process does only once is not a photo's cost.
            if let first = marked.first { _ = try await pipeline.analyse(try bytes(first.key)) }
            for (name, labels) in marked {
                progress.show()
                let bytes = try bytes(name)
                do {
                    let start = ContinuousClock.now
                    let analysis = try await pipeline.analyse(bytes)
                    report.add(analysis, labels, name: name, took: .now - start)
                } catch {
                    throw CommandFailure(message: "\(name): \(Classify.explain(error))")
                }
                progress.clear()
                progress.advance(failed: false)
            }
            progress.finish()
            try json ? report.printJSON() : report.printTable()
        }

        /// By name, so that every run goes the same way.
        private func readLabels() throws -> [(key: String, value: FaceLabels)] {
            do {
                return try FaceLabels.read(Self.contents(of: URL(filePath: labels))).sorted { $0.key < $1.key }
            } catch let error as DecodingError {
                throw CommandFailure(message: "\(labels): \(Self.explain(error))")
            }
        }

        private static func explain(_ error: DecodingError) -> String {
            switch error {
            case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
                .valueNotFound(_, let context):
                (context.codingPath.map(\.stringValue).joined(separator: ", ") + " " + context.debugDescription)
                    .trimmingCharacters(in: .whitespaces)
            default: error.localizedDescription
            }
        }

        private func bytes(_ name: String) throws -> [UInt8] {
            [UInt8](try Self.contents(of: URL(filePath: photos, directoryHint: .isDirectory).appending(path: name)))
        }

        private static func contents(of file: URL) throws -> Data {
            do {
                return try Data(contentsOf: file)
            } catch {
                throw CommandFailure(message: "\(file.path): \(Classify.explain(error))")
            }
        }
    }
}

extension Bench.Detection {
    /// What was measured.
    private struct Report {
        let model: String
        let precision: String
        let photos: Int
        var score = DetectionScore()
        var falsePhotos: [String] = []
        var (detect, whole) = (Samples(), Samples())

        init(pipeline: Pipeline, photos: Int) {
            model = "\(pipeline.model.name)/\(pipeline.model.version)"
            precision = pipeline.precision.rawValue
            self.photos = photos
        }

        mutating func add(_ analysis: PhotoAnalysis, _ labels: FaceLabels, name: String, took duration: Duration) {
            if score.add(analysis, labels) > 0 { falsePhotos.append(name) }
            detect.add(analysis.timings.filter { $0.stage == "detect" }.map(\.duration))
            whole.add(duration)
        }

        func printTable() {
            print("\(model), \(precision), \(photos) photos")
            print("height in pixels   marked   found    recall")
            for band in score.bands + [score.from(24)] {
                let (low, high) = (band.heights.lowerBound, band.heights.upperBound)
                let heights = high.isFinite ? "\(Int(low)) to below \(Int(high))" : "\(Int(low)) and more"
                let recall = band.recall.map { String(format: "%6.1f %%", $0 * 100) } ?? "–"
                print(
                    heights.padding(toLength: 17, withPad: " ", startingAt: 0)
                        + String(format: "%8d %7d  %@", band.marked, band.found, recall))
            }
            let precision = score.precision.map { String(format: "%.1f %%", $0 * 100) } ?? "–"
            print(
                "precision \(precision): \(score.falseFaces) of \(score.listed) listed faces are false"
                    + (falsePhotos.isEmpty ? "" : " (\(falsePhotos.joined(separator: ", ")))"))
            print("milliseconds a photo      p50     p99     max")
            print("detection            \(detect.row)")
            print("the whole analysis   \(whole.row)")
        }

        private struct JSON: Encodable {
            struct Band: Encodable {
                let from: Float
                let below: Float?
                let marked, found: Int
                let recall: Double?
            }

            let model, arithmetic: String
            let photos, listed: Int
            let bands: [Band]
            let recall, precision: Double?
            let falseFaces: Int
            let falsePhotos: [String]
            let detect, whole: [String: Double]

            enum CodingKeys: String, CodingKey {
                case model, photos, listed, bands, precision
                case arithmetic = "precision_of_arithmetic"
                case recall = "recall_from_24_pixels"
                case falseFaces = "false_faces"
                case falsePhotos = "photos_with_false_faces"
                case detect = "detect_ms"
                case whole = "whole_ms"
            }
        }

        func printJSON() throws {
            func figures(_ samples: Samples) -> [String: Double] {
                ["p50": samples.median, "p99": samples.quantile(0.99), "max": samples.quantile(1)]
            }
            let report = JSON(
                model: model, arithmetic: precision, photos: photos, listed: score.listed,
                bands: score.bands.map { band in
                    let high = band.heights.upperBound
                    return JSON.Band(
                        from: band.heights.lowerBound, below: high.isFinite ? high : nil, marked: band.marked,
                        found: band.found, recall: band.recall)
                }, recall: score.from(24).recall, precision: score.precision, falseFaces: score.falseFaces,
                falsePhotos: falsePhotos, detect: figures(detect), whole: figures(whole))
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        }
    }
}
