import ArgumentParser
import Foundation
import Vision

extension Bench {
    /// The networks alone, through the product's own wrapper of OpenVINO.
    struct Networks: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "inference",
            abstract: "Measures the networks alone; Deploy/bench inference compares with OpenVINO's loop.")

        @Option(help: "Seconds for each network.") var seconds = 5.0
        @Option(help: "Only the network of this name, such as detector.") var network: String?
        @Flag(help: "Print one JSON object.") var json = false
        @OptionGroup var models: ModelOptions

        func validate() throws {
            guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds takes a number up to 3600.") }
        }

        func run() async throws {
            let benchmark = try NetworkBenchmark.make(models.configuration())
            let networks = benchmark.networks.filter { network == nil || $0.name == network }
            guard !networks.isEmpty else {
                throw ValidationError(
                    "There is no such network; \(benchmark.networks.map(\.name).joined(separator: ", ")) are there.")
            }
            var figures: [String: Figures] = [:]
            for network in networks {
                var samples = Samples()
                samples.add(try await benchmark.run(network, for: .seconds(seconds)))
                figures[network.name] = Figures(samples, precision: network.precision.rawValue)
            }
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
                print(String(decoding: try encoder.encode(figures), as: UTF8.self))
            } else {
                print("milliseconds      p50     p99")
                for network in networks {
                    guard let figure = figures[network.name] else { continue }
                    let name = network.name.padding(toLength: 13, withPad: " ", startingAt: 0)
                    print(String(format: "%@ %7.3f %7.3f    %@", name, figure.median, figure.p99, figure.precision))
                }
            }
        }

        private struct Figures: Encodable {
            let median, p99: Double
            let runs: Int
            let precision: String

            init(_ samples: Samples, precision: String) {
                (median, p99, runs) = (samples.median, samples.quantile(0.99), samples.count)
                self.precision = precision
            }

            enum CodingKeys: String, CodingKey {
                case runs, precision
                case median = "p50_ms"
                case p99 = "p99_ms"
            }
        }
    }
}
