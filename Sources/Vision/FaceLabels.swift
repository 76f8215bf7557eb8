public import Foundation

/// The faces that are marked in a photo.
public struct FaceLabels: Sendable {
    /// Those that have to be found.
    public var sure: [FaceBox]
    /// Those that may be found or not, such as faces of which hardly anything is seen.
    public var doubtful: [FaceBox]

    /// Makes labels.
    public init(sure: [FaceBox], doubtful: [FaceBox] = []) {
        self.sure = sure
        self.doubtful = doubtful
    }

    /// Reads the labels of many photos: a JSON object with a member for each, whose name is the file's and whose value is a list of
    /// boxes `[left, top, right, bottom]` in pixels of the photo as it is to be looked at, or an object with such lists in `sure`
    /// and `doubtful`. A photo without a face has an empty list.
    ///
    /// - Throws: `DecodingError` when the text has another form or a box has no extent, naming the photo.
    public static func read(_ json: Data) throws -> [String: FaceLabels] {
        try JSONDecoder().decode([String: FaceLabels].self, from: json)
    }
}

extension FaceLabels: Decodable {
    private enum Keys: String, CodingKey { case sure, doubtful }

    /// Reads the labels of one photo.
    public init(from decoder: any Decoder) throws {
        if let list = try? decoder.singleValueContainer().decode([[Float]].self) {
            self.init(sure: try list.map { try Self.box($0, decoder.codingPath) })
            return
        }
        let members = try decoder.container(keyedBy: Keys.self)
        func boxes(_ key: Keys) throws -> [FaceBox] {
            try (members.decodeIfPresent([[Float]].self, forKey: key) ?? [])
                .map { try Self.box($0, members.codingPath + [key]) }
        }
        guard members.contains(.sure) else {
            throw DecodingError.keyNotFound(
                Keys.sure,
                .init(codingPath: members.codingPath, debugDescription: "There is neither a list nor \"sure\"."))
        }
        self.init(sure: try boxes(.sure), doubtful: try boxes(.doubtful))
    }

    private static func box(_ sides: [Float], _ path: [any CodingKey]) throws -> FaceBox {
        guard sides.count == 4, sides[2] > sides[0], sides[3] > sides[1] else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: path, debugDescription: "\(sides) is no box [left, top, right, bottom]."))
        }
        return FaceBox(x: sides[0], y: sides[1], width: sides[2] - sides[0], height: sides[3] - sides[1])
    }
}
