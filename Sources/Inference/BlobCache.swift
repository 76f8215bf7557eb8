import Foundation

/// Watches over the compiled networks that OpenVINO keeps in a folder. It believes a blob whose length is right, and one
/// with altered bytes answers with confidence and wrongly: so each gets a seal, a file beside it with its length and a
/// checksum, and a blob without a seal that fits is thrown away and made anew.
struct BlobCache {
    let directory: URL

    private static let blob = "blob"
    private static let seal = "seal"

    /// What tells whether a blob was written since.
    private struct State: Equatable {
        let length: Int
        let changed: Date?
    }

    /// Runs `compile` with what can be trusted, and seals what it made.
    ///
    /// What cannot be read, written or removed is left to OpenVINO: a cache that does not work costs time only.
    func guarded<R>(_ compile: () throws(InferenceError) -> R) throws(InferenceError) -> R {
        for blob in blobs() where !isSealed(blob) { remove(blob) }
        let before = states()
        let result = try compile()
        for (blob, state) in states() where before[blob] != state { write(sealOf: blob) }
        return result
    }

    private func blobs() -> [URL] {
        let files = try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == Self.blob }
    }

    private func states() -> [URL: State] {
        Dictionary(
            uniqueKeysWithValues: blobs().map { blob in
                let known = try? FileManager.default.attributesOfItem(atPath: blob.path)
                return (blob, State(length: known?[.size] as? Int ?? -1, changed: known?[.modificationDate] as? Date))
            })
    }

    private func seal(_ blob: URL) -> URL { blob.appendingPathExtension(Self.seal) }

    private func isSealed(_ blob: URL) -> Bool {
        guard let expected = try? String(contentsOf: seal(blob), encoding: .utf8) else { return false }
        return expected == Self.text(of: blob)
    }

    private func remove(_ blob: URL) {
        try? FileManager.default.removeItem(at: blob)
        try? FileManager.default.removeItem(at: seal(blob))
    }

    private func write(sealOf blob: URL) {
        guard let text = Self.text(of: blob) else { return }
        // Renamed into its place: half a seal would cost the blob.
        try? Data(text.utf8).write(to: seal(blob), options: .atomic)
    }

    /// The length and the checksum of a file.
    private static func text(of file: URL) -> String? {
        guard let data = try? Data(contentsOf: file, options: .mappedIfSafe) else { return nil }
        return "\(data.count) \(String(checksum(data), radix: 16))\n"
    }

    /// FNV-1a (Fowler, Noll and Vo) over words of eight bytes, with the high bits folded back: it is to find faults of disks
    /// and copies, and nobody's malice.
    static func checksum(_ data: Data) -> UInt64 {
        data.withUnsafeBytes { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            func add(_ word: UInt64) {
                hash = (hash ^ word) &* 0x100_0000_01B3
                hash ^= hash >> 32
            }
            let words = bytes.count / 8
            for index in 0..<words { add(bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)) }
            for byte in bytes[(words * 8)...] { add(UInt64(byte)) }
            return hash
        }
    }
}
