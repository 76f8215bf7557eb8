import Crypto
import Foundation
import Imaging
import Logging

@testable import Vision

enum Fixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")
    static let model = folder.appending(path: "brightness-model")
    static let detector = URL(
        filePath: ProcessInfo.processInfo.environment["MIEN_DETECTOR"] ?? "/usr/local/share/mien/centerface.onnx")

    static let proposer = detector.deletingLastPathComponent().appending(path: "yunet.onnx")

    static func astronaut() throws -> [UInt8] {
        try [UInt8](Data(contentsOf: folder.appending(path: "astronaut.jpg")))
    }

    /// The other tests' processor time is in what a photo may take here.
    static func pipeline(
        model: URL = model, precision: Pipeline.PrecisionChoice = .auto,
        limits: Pipeline.Limits = .init(processorTime: .seconds(300))
    ) async throws -> Pipeline {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await Pipeline(
            .init(modelDirectory: model, detector: detector, precision: precision, limits: limits), logger: logger)
    }

    /// A copy of a model that may be spoiled.
    static func copy(of model: URL = model) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mien-model-\(UUID())")
        try FileManager.default.copyItem(at: model, to: folder)
        return folder
    }

    static func rewriteCard(of folder: URL, _ change: (inout [String: Any]) throws -> Void) throws {
        let file = folder.appending(path: "card.json")
        guard var card = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] else {
            throw CocoaError(.fileReadCorruptFile)
        }
        try change(&card)
        try JSONSerialization.data(withJSONObject: card).write(to: file)
    }

    /// Writes the checksums of a changed copy into its card.
    static func renewChecksums(of folder: URL, names: [String] = ["model.xml", "model.bin"]) throws {
        try rewriteCard(of: folder) { card in
            card["files"] = try Dictionary(
                uniqueKeysWithValues: names.map { name in
                    let digest = SHA256.hash(data: try Data(contentsOf: folder.appending(path: name)))
                    return (name, digest.map { String(format: "%02x", $0) }.joined())
                })
        }
    }

    /// A crop of her face that is too tight to be found as one, `factor` times as bright: 60 × 60 pixels at 48 × 48.
    static func tightCrop(factor: Double = 1, side: Int = 48) throws -> Raster {
        try Photo(astronaut()).decode(longSide: 512)
            .extracting(PixelRect(x: 180, y: 70, width: 60, height: 60))
            .resized(width: side, height: side).brightened(factor)
    }

    /// A plain picture.
    static func plain(_ level: UInt8, width: Int, height: Int) throws -> Raster {
        try Raster(pixels: [UInt8](repeating: level, count: width * height * 3), width: width, height: height)
    }

    /// A picture in which every pixel is made by a function of its place.
    static func picture(width: Int, height: Int, _ pixel: (Int, Int) -> [UInt8]) throws -> Raster {
        let pixels = (0..<height).flatMap { y in (0..<width).flatMap { x in pixel(x, y) } }
        return try Raster(pixels: pixels, width: width, height: height)
    }

    /// Pastes one picture several times onto a plain ground.
    static func collage(of part: Raster, at places: [(Int, Int)], width: Int, height: Int) throws -> Raster {
        let ground = try plain(110, width: width, height: height)
        return try collage(of: part, at: places, onto: ground)
    }

    /// Pastes one picture several times onto another.
    static func collage(of part: Raster, at places: [(Int, Int)], onto ground: Raster) throws -> Raster {
        var pixels = try ground.withPixels { [UInt8]($0) }
        let (width, height) = (ground.width, ground.height)
        try part.withPixels { source in
            for (left, top) in places {
                for y in 0..<part.height {
                    let target = ((top + y) * width + left) * 3
                    let line = source[(y * part.width * 3)..<((y + 1) * part.width * 3)]
                    pixels.replaceSubrange(target..<(target + part.width * 3), with: line)
                }
            }
        }
        return try Raster(pixels: pixels, width: width, height: height)
    }
}

extension Raster {
    /// Every component times a factor, at most white.
    func brightened(_ factor: Double) throws -> Raster {
        let bytes = try withPixels { $0.map { UInt8(min(255, Double($0) * factor)) } }
        return try Raster(pixels: bytes, width: width, height: height)
    }

    /// Turned clockwise by any angle about the middle, on a grey ground; each pixel is the nearest one.
    func leaning(degrees: Double) throws -> Raster {
        let (cosine, sine) = (cos(degrees * .pi / 180), sin(degrees * .pi / 180))
        let side = Int((Double(longSide) * 1.42).rounded())
        let pixels = try withPixels { source in
            var result = [UInt8](repeating: 110, count: side * side * 3)
            for y in 0..<side {
                for x in 0..<side {
                    let (right, down) = (Double(x) - Double(side) / 2, Double(y) - Double(side) / 2)
                    let column = Int((right * cosine + down * sine + Double(width) / 2).rounded())
                    let row = Int((down * cosine - right * sine + Double(height) / 2).rounded())
                    guard (0..<width).contains(column), (0..<height).contains(row) else { continue }
                    for band in 0..<3 {
                        result[(y * side + x) * 3 + band] = source[(row * width + column) * 3 + band]
                    }
                }
            }
            return result
        }
        return try Raster(pixels: pixels, width: side, height: side)
    }

    /// How much the components of two pictures of one size differ in the mean.
    func difference(from other: Raster) throws -> Double {
        try withPixels { one in
            try other.withPixels { two in
                Double(zip(one, two).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }) / Double(one.count)
            }
        }
    }

    /// The mean of all components.
    func mean() throws -> Double {
        try withPixels { pixels in Double(pixels.reduce(0) { $0 + Int($1) }) / Double(pixels.count) }
    }
}

func face(_ x: Float, _ y: Float, _ width: Float, _ height: Float, score: Float = 0.9) -> FaceCandidate {
    FaceCandidate(box: FaceBox(x: x, y: y, width: width, height: height), landmarks: [], score: score)
}
