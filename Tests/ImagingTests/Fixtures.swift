import Foundation
import Imaging

/// Pictures that the script beside them made.
enum Fixtures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    static func bytes(_ path: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: folder.appending(path: path)))
    }

    /// A JPEG of a smooth pattern.
    static func jpeg(width: Int, height: Int, quality: Int = 90) throws -> [UInt8] {
        try pattern(width: width, height: height).jpeg(quality: quality)
    }

    /// Red grows to the right, green downwards, blue is constant: every pixel tells where it comes from.
    static func pattern(width: Int, height: Int) throws -> Raster {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                pixels += [UInt8(x * 255 / max(1, width - 1)), UInt8(y * 255 / max(1, height - 1)), 128]
            }
        }
        return try Raster(pixels: pixels, width: width, height: height)
    }

    /// The same JPEG with an EXIF block that holds nothing but an orientation.
    static func oriented(_ jpeg: [UInt8], _ orientation: UInt8) -> [UInt8] {
        let tiff: [UInt8] =
            Array("MM".utf8) + [
                0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
            ]
        let payload = Array("Exif".utf8) + [0, 0] + tiff
        let length = payload.count + 2
        return jpeg.prefix(2) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 0xFF)] + payload + jpeg.dropFirst(2)
    }

    /// A PNG that claims a size and holds next to no pixels.
    static func pngBomb(width: UInt32, height: UInt32) -> [UInt8] {
        func big(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
            let body = Array(name.utf8) + data
            return big(UInt32(data.count)) + body + big(crc(body))
        }
        let header = big(width) + big(height) + [8, 2, 0, 0, 0]
        // An empty zlib stream.
        let empty: [UInt8] = [0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", empty)
            + chunk("IEND", [])
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { value, byte in
            (0..<8).reduce(value ^ UInt32(byte)) { next, _ in next & 1 == 1 ? 0xEDB8_8320 ^ (next >> 1) : next >> 1 }
        }
    }
}

extension Raster {
    /// A pixel's red, green and blue.
    func pixel(_ x: Int, _ y: Int) throws -> [Int] {
        try withPixels { pixels in (0..<3).map { Int(pixels[(y * width + x) * 3 + $0]) } }
    }
}

/// Whether every component differs by at most `tolerance`.
func near(_ a: [Int], _ b: [Int], _ tolerance: Int = 8) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance }
}

/// A reproducible source of randomness (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
