import ArgumentParser
import Foundation
import Vision

/// `mien models`: which classifiers are there, and which of them the workers load.
struct Models: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the models, or switch to another.", subcommands: [List.self, Use.self],
        defaultSubcommand: List.self)

    /// The folder with the models, which several commands share.
    struct Folder: ParsableArguments {
        @Option(help: "Folder with NAME/VERSION/card.json (default: MIEN_MODELS_DIR).")
        var models: String?

        var url: URL { get throws { try ModelOptions.folder(models) } }
    }

    /// `mien models list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the models with their figures; * marks the one that is used.",
            discussion: "MIEN_MODEL decides; without it the file \"current\" in the folder; without that the newest.")

        @OptionGroup var folder: Folder
        @Flag(help: "Print JSON.") var json = false

        func run() throws {
            do {
                let url = try folder.url
                let entries = ModelCatalogue.all(in: url).map(Entry.init)
                // A choice that names nothing is told, and the list shown all the same.
                let wanted = ProcessInfo.processInfo.environment["MIEN_MODEL"].flatMap { $0.isEmpty ? nil : $0 }
                let used = Result { try ModelCatalogue.find(wanted, in: url) }
                let reference = (try? used.get()).map(ModelCatalogue.reference)
                try json ? printJSON(entries, used: reference) : printTable(entries, used: reference)
                if case .failure(let error) = used { throw error }
            } catch {
                complain("mien models: \(Classify.explain(error))")
                throw ExitCode(1)
            }
        }

        private func printTable(_ entries: [Entry], used: String?) {
            guard !entries.isEmpty else { return }
            let width = max(20, (entries.map(\.name.count).max() ?? 0) + 2)
            print("  " + pad("model", width) + pad("version", 10) + "accuracy     ECE      size  measured on")
            for entry in entries {
                let mark = entry.reference == used ? "* " : "  "
                print(mark + pad(entry.name, width) + pad(entry.version, 10) + entry.figureColumns)
            }
        }

        private func pad(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }

        private func printJSON(_ entries: [Entry], used: String?) throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let items = entries.map { entry in
                var entry = entry
                entry.used = entry.reference == used
                return entry
            }
            print(String(decoding: try encoder.encode(items), as: UTF8.self))
        }
    }

    /// A line of the list.
    struct Entry: Encodable {
        let name: String
        let version: String
        let accuracy: Double?
        let ece: Double?
        let measuredOn: String?
        let bytes: Int
        /// What keeps the model from being loaded.
        let problem: String?
        var used = false

        var reference: String { "\(name)/\(version)" }

        enum CodingKeys: String, CodingKey {
            case name, version, accuracy, ece, bytes, problem, used
            case measuredOn = "measured_on"
        }

        init(_ folder: URL) {
            let parts = ModelCatalogue.reference(of: folder).split(separator: "/").map(String.init)
            (name, version) = (parts.first ?? "", parts.last ?? "")
            let figures = ModelFigures(of: folder)
            (accuracy, ece, measuredOn, bytes) = (figures.accuracy, figures.ece, figures.measuredOn, figures.bytes)
            do throws(VisionError) {
                _ = try ModelCard.load(from: folder)
                problem = nil
            } catch {
                problem = error.description
            }
        }

        var figureColumns: String {
            if let problem { return "cannot be loaded: \(problem)" }
            func percent(_ value: Double?, _ digits: Int) -> String {
                value.map { String(format: "%.\(digits)f %%", $0 * 100) } ?? "–"
            }
            func right(_ text: String, _ width: Int) -> String {
                String(repeating: " ", count: max(0, width - text.count)) + text
            }
            return right(percent(accuracy, 1), 8) + right(percent(ece, 1), 8)
                + right(String(format: "%.1f MB", Double(bytes) / 1e6), 10) + "  "
                + (measuredOn?.replacing("_", with: " ") ?? "–")
        }
    }
}
