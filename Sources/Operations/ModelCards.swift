package import Foundation
package import Logging

/// What a model's card tells people: its figures, its data and its limits. What a worker needs of it is Vision's `ModelCard`.
package struct PublishedCard: Decodable, Sendable {
    package struct Data: Decodable, Sendable {
        package let name: String
        /// What the model that it went on from was trained on, where that was something else.
        package let before: String?
        package let faces: [String: Int]
        package let split: String
        package let extra_labels: String?
    }
    package struct Figures: Decodable, Sendable {
        package struct PerClass: Decodable, Sendable {
            package let precision: Double
            package let recall: Double
            package let f1: Double
            package let support: Int
        }
        package struct Sure: Decodable, Sendable {
            package let threshold: Double
            package let coverage: Double
            /// Null where it was sure of none.
            package let accuracy: Double?
        }

        package let faces: Int
        package let accuracy: Double
        package let macro_f1: Double
        package let interval_95: [String: [Double]]?
        package let ece: Double?
        package let per_class: [String: PerClass]
        /// Rows are the true classes, columns what the model said, both in the order of `classes`.
        package let confusion_matrix: [[Int]]
        package let sure: Sure?
    }
    package struct Metrics: Decodable, Sendable {
        package let validation: Figures
        package let public_test: Figures?
    }
    package struct Point: Decodable, Sendable {
        package let confidence: Double
        package let accuracy: Double
        /// Of all faces, how many had about this confidence.
        package let share: Double
    }
    package struct Calibration: Decodable, Sendable {
        package let curve: [Point]?
    }
    package struct Threshold: Decodable, Sendable {
        package let not_sure: Double
    }
    package struct Published: Decodable, Sendable {
        package let system: String
        /// Percent on the private test, as the source reports it.
        package let `private`: Double?
        package let `public`: Double?
        package let source: String
    }

    package let name: String
    package let version: String
    package let created: String
    package let licence: String
    package let data: Data
    package let classes: [String]
    package let metrics: Metrics
    package let calibration: Calibration
    package let threshold: Threshold
    package let published: [Published]?
    package let parameters: Int?
    package let mmac: Double?
    package let limits: [String]

    /// What the headline figures are of: the public test where it was run.
    package var figures: Figures { metrics.public_test ?? metrics.validation }
}

/// The models that are installed: a folder with NAME/VERSION/card.json, read once at start.
package struct ModelCards: Sendable {
    package struct Entry: Sendable {
        package let card: PublishedCard
    }

    /// Newest first.
    package let entries: [Entry]

    /// Reads the cards of a folder. What cannot be read is logged and left out: a page is no reason not to start.
    package init(directory: URL?, logger: Logger) {
        guard let directory else {
            entries = []
            return
        }
        let cards = Self.folders(in: directory).flatMap(Self.folders).compactMap { folder -> Entry? in
            let file = folder.appendingPathComponent("card.json")
            guard FileManager.default.fileExists(atPath: file.path) else { return nil }
            do {
                let card = try JSONDecoder().decode(PublishedCard.self, from: Foundation.Data(contentsOf: file))
                return Entry(card: card)
            } catch {
                logger.warning(
                    "A model's card cannot be read and is not shown",
                    metadata: ["path": "\(file.path)", "error": "\(String(reflecting: error))"])
                return nil
            }
        }
        entries = cards.sorted { $0.card.created > $1.card.created }
    }

    package func find(_ name: String, _ version: String) -> Entry? {
        entries.first { $0.card.name == name && $0.card.version == version }
    }

    private static func folders(in directory: URL) -> [URL] {
        let found = try? FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: [.isDirectoryKey], options: .skipsHiddenFiles)
        return (found ?? []).filter { $0.hasDirectoryPath }
    }
}
