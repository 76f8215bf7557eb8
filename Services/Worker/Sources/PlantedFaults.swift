#if DEBUG
import Foundation
import Glibc
import Vision
import WorkerCore

/// Photos that harm their process, for the tests of what happens then. Release builds do not have it.
///
/// With `MIEN_TEST_FAULTS=yes` a photo whose bytes end with one of the words below, after a colon, does what it says.
struct PlantedFaults: PhotoAnalysing {
    let pipeline: Pipeline

    var model: ModelCard { pipeline.model }

    static var isAsked: Bool { ProcessInfo.processInfo.environment["MIEN_TEST_FAULTS"] == "yes" }

    func analyse(_ photo: [UInt8]) async throws -> PhotoAnalysis {
        switch photo.lastIndex(of: UInt8(ascii: ":")).map({ String(decoding: photo[($0 + 1)...], as: UTF8.self) }) {
        case "mien-fault-crash": abort()
        case "mien-fault-hang": hang()
        case "mien-fault-spin": while true {}
        case "mien-fault-memory": eatMemory()
        case "mien-fault-growth": Self.leak(120 << 20)
        default: break
        }
        return try await pipeline.analyse(photo)
    }

    func draw(_ picture: [UInt8], _ drawing: FaceDrawing, maximumBytes: Int) async throws -> [UInt8] {
        try await pipeline.draw(picture, drawing, maximumBytes: maximumBytes)
    }

    /// Deaf to everything but SIGKILL, as a decoder that waits for ever.
    private func hang() {
        while true { sleep(3_600) }
    }

    private func eatMemory() {
        while true { Self.leak(64 << 20) }
    }

    /// Memory that is touched and never given back.
    private static func leak(_ bytes: Int) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4_096)
        memset(memory, 1, bytes)
    }
}
#endif
