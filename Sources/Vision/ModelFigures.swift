public import Foundation

/// The figures of a model's card, for people who choose one; none of them is needed to run it.
public struct ModelFigures: Sendable, Equatable {
    /// On which part of the data they were measured: `public_test` where the card has it, else `validation`.
    public var measuredOn: String?
    /// Share of faces whose most probable class is the labelled one, 0…1.
    public var accuracy: Double?
    /// Expected calibration error, 0…1.
    public var ece: Double?
    /// Size of `model.xml` and `model.bin` together.
    public var bytes: Int

    /// Reads the figures of a model's folder; what the card does not say is nil.
    public init(of folder: URL) {
        let card = try? JSONDecoder().decode(Card.self, from: Data(contentsOf: folder.appending(path: "card.json")))
        let part = ["public_test", "validation"].first { card?.metrics[$0]?.accuracy != nil }
        measuredOn = part
        accuracy = part.flatMap { card?.metrics[$0]?.accuracy }
        ece = part.flatMap { card?.metrics[$0]?.ece }
        bytes = ["model.xml", "model.bin"].reduce(0) { sum, name in
            let values = try? folder.appending(path: name).resourceValues(forKeys: [.fileSizeKey])
            return sum + (values?.fileSize ?? 0)
        }
    }

    /// Only the parts that carry figures; other keys of `metrics` may hold anything.
    private struct Card: Decodable {
        struct Part: Decodable {
            let accuracy: Double?
            let ece: Double?
        }
        var metrics: [String: Part] = [:]

        private enum Key: String, CodingKey { case metrics }
        private enum PartKey: String, CodingKey, CaseIterable {
            case validation
            case publicTest = "public_test"
        }

        init(from decoder: any Decoder) throws {
            let parts = try decoder.container(keyedBy: Key.self)
                .nestedContainer(keyedBy: PartKey.self, forKey: .metrics)
            for key in PartKey.allCases {
                metrics[key.rawValue] = try? parts.decode(Part.self, forKey: key)
            }
        }
    }
}
