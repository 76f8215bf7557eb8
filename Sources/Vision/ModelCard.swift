import Contracts
import Crypto
public import Foundation

/// What a classifier says of itself in its `card.json`; keys that are not known here are left to the reader.
public struct ModelCard: Sendable, Codable {
    /// From where on a result counts as sure.
    public struct Threshold: Sendable, Codable {
        /// A highest probability below this is shown as "not sure"; ``Occlusion/sureFrom`` may ask for more.
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
    /// The same network in other arithmetic.
    public var variants: Variants?
    /// What sees whether mouth or eyes are covered; nil in models made before there was such a network.
    public var occlusion: Occlusion?

    /// A network that lies beside the classifier, and what its answers mean for it.
    public struct Occlusion: Sendable, Codable {
        /// The name of its .xml file.
        public var file: String
        /// Above this a face counts as covered there.
        public var threshold: Parts
        /// From this confidence on the classifier is as often right about faces that are covered there as about others that it
        /// is sure of; above 1 where it never is. Measured on the validation split.
        public var sureFrom: Parts

        /// A value for each part of a face.
        public struct Parts: Sendable, Codable {
            /// Of the mouth.
            public var mouth: Float
            /// Of both eyes.
            public var eyes: Float
        }

        enum CodingKeys: String, CodingKey {
            case file, threshold
            case sureFrom = "sure_from"
        }
    }

    /// What was made of a network beside itself.
    public struct Variants: Sendable, Codable {
        /// In 8-bit whole numbers.
        public var int8: Variant?
    }

    /// A network in other arithmetic.
    public struct Variant: Sendable, Codable {
        /// The name of its .xml file; nil where it lost too much and was not kept.
        public var file: String?
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion = "schema_version"
        case name, version, classes, threshold, files, variants, occlusion
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
        try card.verify(network: "model.xml", in: directory)
        if let occlusion = card.occlusion { _ = try card.network(named: occlusion.file, in: directory) }
        return card
    }

    /// The .xml file of the network for some arithmetic; a variant is checked, as `load` does with the network itself.
    ///
    /// - Parameter directory: holds the card.
    /// - Throws: `VisionError` with code `bad_model` when there is none, or it is not the one that the card speaks of.
    public func network(
        for precision: Pipeline.PrecisionChoice, in directory: URL
    ) throws(VisionError) -> URL {
        guard precision == .int8 else { return directory.appending(path: "model.xml") }
        guard let file = variants?.int8?.file else {
            throw VisionError(
                .badModel,
                "The model \(name) \(version) has no int8 variant. Choose auto, bf16 or f32, or another model.")
        }
        return try network(named: file, in: directory)
    }

    /// The .xml file of the network for covered faces, which `load` has checked; nil where the model has none.
    func occlusionNetwork(in directory: URL) -> URL? {
        occlusion.map { directory.appending(path: $0.file) }
    }

    /// A network beside `model.xml`, which is checked as that is.
    private func network(named file: String, in directory: URL) throws(VisionError) -> URL {
        guard file.hasSuffix(".xml"), !file.contains("/") else {
            throw VisionError(.badModel, "The model's card names \(file), which is no .xml file beside it.")
        }
        try verify(network: file, in: directory)
        return directory.appending(path: file)
    }

    /// Checks the file that describes a network and the one that holds its weights.
    private func verify(network: String, in directory: URL) throws(VisionError) {
        for name in [network, "\(network.dropLast(3))bin"] { try verify(name, in: directory) }
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
