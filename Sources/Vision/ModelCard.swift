import Contracts
import Crypto
public import Foundation

/// What a classifier says of itself in its `card.json`; keys that are not known here are left to the reader.
public struct ModelCard: Sendable, Codable {
    /// From where on a result counts as sure.
    public struct Threshold: Sendable, Codable {
        /// A highest probability below this is shown as "not sure".
        public var notSure: Float

        enum CodingKeys: String, CodingKey {
            case notSure = "not_sure"
        }
    }

    /// The card's layout; 1 is the only one so far.
    public var schemaVersion: Int
    /// The model's name.
    public var name: String
    /// The model's version.
    public var version: String
    /// The classes in the order of the outputs.
    public var classes: [String]
    /// Thresholds for showing results.
    public var threshold: Threshold
    /// SHA-256 by file name.
    public var files: [String: FileDigest]

    enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case name, version, classes, threshold, files
    }

    /// A checksum, written as a plain string or as an object with the key `sha256`.
    public struct FileDigest: Sendable, Codable, Equatable {
        /// 64 lower-case hexadecimal digits.
        public var sha256: String

        private enum CodingKeys: String, CodingKey {
            case sha256
        }

        /// Reads either form.
        public init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                sha256 = text.lowercased()
            } else {
                sha256 = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .sha256)
                    .lowercased()
            }
        }
    }

    /// Reads the card of a model's folder and checks that the files beside it are the ones it speaks of.
    ///
    /// - Parameter directory: holds `card.json`, `model.xml` and `model.bin`.
    /// - Throws: `VisionError` with code `bad_model` that names the file and the problem.
    public static func load(from directory: URL) throws(VisionError) -> ModelCard {
        let file = directory.appending(path: "card.json")
        let card: ModelCard
        do {
            card = try JSONDecoder().decode(ModelCard.self, from: Data(contentsOf: file))
        } catch {
            throw VisionError(
                .badModel, "The model's card.json is missing or cannot be read.",
                detail: "\(file.path): \(String(reflecting: error))")
        }
        guard card.schemaVersion == 1 else {
            throw VisionError(.badModel, "The model's card has schema version \(card.schemaVersion), not 1.")
        }
        guard card.classes == Emotion.allCases.map(\.rawValue) else {
            throw VisionError(.badModel, "The model's classes are \(card.classes), not the seven of FER2013 in order.")
        }
        for name in ["model.xml", "model.bin"] { try card.verify(name, in: directory) }
        return card
    }

    private func verify(_ name: String, in directory: URL) throws(VisionError) {
        guard let expected = files[name]?.sha256 else {
            throw VisionError(.badModel, "The model's card has no checksum for \(name).")
        }
        let file = directory.appending(path: name)
        guard let data = try? Data(contentsOf: file) else {
            throw VisionError(.badModel, "The model's file \(name) is missing.", detail: file.path)
        }
        let actual = SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
        guard actual == expected else {
            throw VisionError(
                .badModel, "The model's file \(name) is not the one that its card speaks of.",
                detail: "\(file.path): SHA-256 \(actual), the card says \(expected)")
        }
    }
}
