import Foundation
import Logging

/// A model's card, as the trainer wrote it beside the model; what the page about the model shows.
struct ModelCard: Decodable, Sendable {
    struct Data: Decodable, Sendable {
        let name: String
        let faces: [String: Int]
        let split: String
        let extra_labels: String?
    }
    struct Figures: Decodable, Sendable {
        struct PerClass: Decodable, Sendable {
            let precision: Double
            let recall: Double
            let f1: Double
            let support: Int
        }
        struct Sure: Decodable, Sendable {
            let threshold: Double
            let coverage: Double
            let accuracy: Double
        }

        let faces: Int
        let accuracy: Double
        let macro_f1: Double
        let interval_95: [String: [Double]]?
        let ece: Double?
        let per_class: [String: PerClass]
        /// Rows are the true classes, columns what the model said, both in the order of `classes`.
        let confusion_matrix: [[Int]]
        let sure: Sure?
    }
    struct Metrics: Decodable, Sendable {
        let validation: Figures
        let public_test: Figures?
    }
    struct Point: Decodable, Sendable {
        let confidence: Double
        let accuracy: Double
        /// Of all faces, how many had about this confidence.
        let share: Double
    }
    struct Calibration: Decodable, Sendable {
        let curve: [Point]?
    }
    struct Threshold: Decodable, Sendable {
        let not_sure: Double
    }
    struct Published: Decodable, Sendable {
        let system: String
        /// Percent on the private test, as the source reports it.
        let `private`: Double?
        let `public`: Double?
        let source: String
    }

    let name: String
    let version: String
    let created: String
    let licence: String
    let data: Data
    let classes: [String]
    let metrics: Metrics
    let calibration: Calibration
    let threshold: Threshold
    let published: [Published]?
    let parameters: Int?
    let mmac: Double?
    let limits: [String]

    /// What the headline figures are of: the public test where it was run.
    var figures: Figures { metrics.public_test ?? metrics.validation }
}

/// The models that are installed: a folder with NAME/VERSION/card.json, read once at start.
struct ModelCards: Sendable {
    struct Entry: Sendable {
        let card: ModelCard
        /// The pictures that lie beside the card, by file name.
        let pictures: [String: [UInt8]]
    }

    /// Pictures that a trainer may put beside a card, with what each shows.
    static let pictures = [
        "confusion.png": "Confusion matrix: for each true class, the share of each predicted class.",
        "calibration.png": "Calibration curve: accuracy against confidence, before and after calibration.",
        "coverage.png": "Accuracy of the answers against the share of faces answered, with the chosen threshold.",
    ]

    /// Newest first.
    let entries: [Entry]

    /// Reads the cards of a folder. What cannot be read is logged and left out: a page is no reason not to start.
    init(directory: URL?, logger: Logger) {
        guard let directory else {
            entries = []
            return
        }
        let cards = Self.folders(in: directory).flatMap(Self.folders).compactMap { folder -> Entry? in
            let file = folder.appendingPathComponent("card.json")
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            do {
                let card = try JSONDecoder().decode(ModelCard.self, from: Foundation.Data(contentsOf: file))
                return Entry(card: card, pictures: Self.pictures(in: folder))
            } catch {
                logger.warning(
                    "A model's card cannot be read and is not shown",
                    metadata: ["path": "\(file.path)", "error": "\(String(reflecting: error))"])
                return nil
            }
        }
        entries = cards.sorted { $0.card.created > $1.card.created }
    }

    func find(_ name: String, _ version: String) -> Entry? {
        entries.first { $0.card.name == name && $0.card.version == version }
    }

    private static func folders(in directory: URL) -> [URL] {
        let found = try? FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: [.isDirectoryKey], options: .skipsHiddenFiles)
        return (found ?? []).filter { $0.hasDirectoryPath }
    }

    private static func pictures(in folder: URL) -> [String: [UInt8]] {
        pictures.keys.reduce(into: [:]) { found, name in
            // A picture that is not there is the usual case.
            guard let data = try? Foundation.Data(contentsOf: folder.appendingPathComponent(name)) else { return }
            found[name] = Array(data)
        }
    }
}
