import ArgumentParser
import Foundation
import Postgres
import Settings

extension Bench {
    /// A folder of photos, good and hostile, through a running installation, with every one accounted for.
    struct Soak: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sends many photos, whole and damaged, and accounts for every one.",
            discussion: """
                Every second photo is sent as it is. The others are cut off, have bits flipped, are spliced together or \
                overwritten in part, carry a web page or two hundred passes, declare a billion pixels, or are no photo at \
                all: in the same way at every run. It fails when a photo that is whole gets no result, when another fails \
                for a reason that is not its own, when one has no end, or when what people's counters say is not what the \
                analyses say.
                """)

        @Argument(help: "The photos: files that are sent by turns.") var files: [String]
        @Option(help: "The gateway's address.") var url = "http://127.0.0.1:8080"
        @Option(help: "An API token; made by \"mien token create\".") var token: String
        @Option(help: "How many photos.") var count = 1_000
        @Flag(help: "Print one JSON object.") var json = false

        func validate() throws {
            guard count >= 1 else { throw ValidationError("--count takes a number from 1.") }
        }

        func run() async throws {
            var hostile = HostilePhotos(try files.map { try [UInt8](Data(contentsOf: URL(filePath: $0))) })
            let client = BenchClient(url: url, token: token)
            let photos = (0..<count).map { hostile.photo($0) }
            let report = try await AdminDatabase.with(SettingsReader()) { pool in
                let database = BenchDatabase(pool: pool)
                let (start, countedBefore) = (try await database.now(), try await database.counted())
                var report = Report(sent: photos.count)
                var whole: [String] = []
                // One a form: a form with a refused photo in it must not hide the others' fate.
                for photo in photos {
                    let uploaded = try await client.upload([photo.bytes], lane: "bulk")
                    report.accepted += uploaded.ids.count
                    for refusal in uploaded.refusals { report.refused[refusal, default: 0] += 1 }
                    report.whole += photo.isWhole ? 1 : 0
                    if photo.isWhole { whole += uploaded.ids }
                }
                try await untilEnded(database)
                for id in whole where try await database.isFinished(id) { report.wholeFinished += 1 }
                report.outcomes = Dictionary(
                    uniqueKeysWithValues: try await database.outcomes(since: start).map { ($0.outcome, $0.count) })
                report.counted = try await database.counted() - countedBefore
                return report
            }
            try json ? report.printJSON() : report.printTable()
            let problems = report.problems
            guard problems.isEmpty else { throw CommandFailure(message: problems.joined(separator: "\n")) }
        }

        /// Waits as long as photos end; a minute and a half without any is more than five tries of one photo take.
        private func untilEnded(_ database: BenchDatabase) async throws {
            var (left, since) = (try await database.open(), ContinuousClock.now)
            while left > 0 {
                guard .now - since < .seconds(90) else {
                    throw CommandFailure(message: "\(left) photos have no end: none has ended for 90 seconds.")
                }
                try await Task.sleep(for: .milliseconds(500))
                let now = try await database.open()
                if now < left { since = .now }
                left = now
            }
        }
    }

    private struct Report: Encodable {
        let sent: Int
        var accepted = 0
        var refused: [String: Int] = [:]
        var outcomes: [String: Int] = [:]
        var counted = 0
        var whole = 0
        var wholeFinished = 0

        enum CodingKeys: String, CodingKey {
            case sent, accepted, refused, outcomes, counted, whole
            case wholeFinished = "whole_finished"
        }

        init(sent: Int) {
            self.sent = sent
        }

        /// Each photo was refused at the door or accepted; each accepted one has one outcome, and was counted once; and no
        /// outcome is the product's own fault.
        var problems: [String] {
            let (refused, ended) = (refused.values.reduce(0, +), outcomes.values.reduce(0, +))
            var problems: [String] = []
            if sent != accepted + refused {
                problems.append("\(sent) were sent, \(accepted) accepted, \(refused) refused.")
            }
            if ended != accepted { problems.append("\(accepted) were accepted, \(ended) have ended.") }
            if counted != accepted { problems.append("\(accepted) were accepted, \(counted) were counted.") }
            if wholeFinished != whole { problems.append("\(wholeFinished) of \(whole) whole photos have a result.") }
            let faults = ["internal", "timed_out", "attempts_exhausted"]
            for (outcome, count) in outcomes where faults.contains(where: outcome.contains) {
                problems.append("\(count) ended as \(outcome).")
            }
            return problems
        }

        func printJSON() throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            print(String(decoding: try encoder.encode(self), as: UTF8.self))
        }

        func printTable() {
            print("\(sent) photos sent, \(accepted) accepted, \(counted) counted")
            print("\(wholeFinished) of \(whole) whole photos have a result")
            for (reason, count) in refused.sorted(by: { $0.value > $1.value }) {
                print("  \(count) refused: \(reason)")
            }
            for (outcome, count) in outcomes.sorted(by: { $0.value > $1.value }) { print("  \(count) \(outcome)") }
        }
    }
}

/// Photos and what may come instead of them; the same at every run.
private struct HostilePhotos {
    private let files: [[UInt8]]
    private var random = SplitMix(state: 2_013)

    init(_ files: [[UInt8]]) {
        self.files = files
    }

    mutating func photo(_ number: Int) -> (bytes: [UInt8], isWhole: Bool) {
        let bytes = files[number % files.count]
        guard number % 2 == 1, bytes.count > 16 else { return (bytes, true) }
        return (damaged(bytes, kind: number / 2 % 10), false)
    }

    private mutating func damaged(_ whole: [UInt8], kind: Int) -> [UInt8] {
        var bytes = whole
        switch kind {
        case 0: bytes.removeLast(Int.random(in: 1..<bytes.count - 12, using: &random))
        case 1:
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                bytes[Int.random(in: 8..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        case 2:
            let other = files[Int.random(in: 0..<files.count, using: &random)]
            bytes = bytes.prefix(bytes.count / 2) + other.suffix(other.count / 2)
        case 3:
            let start = Int.random(in: 8..<bytes.count, using: &random)
            for index in start..<min(bytes.count, start + 2_000) { bytes[index] = 0xFF }
        case 4: bytes += Array("<html><script>alert(1)</script></html>".utf8)
        case 5: bytes = Array("<!doctype html><title>No photo</title>".utf8)
        case 6: bytes = []
        case 7: bytes = Self.bomb
        case 8: bytes = files.lazy.compactMap(Self.manyPasses).first ?? bytes
        default: bytes = bytes.prefix(12) + (0..<5_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        return bytes
    }

    /// A PNG of 40,000 × 40,000 pixels and one byte of them.
    private static let bomb: [UInt8] = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52,
        0x00, 0x00, 0x9C, 0x40, 0x00, 0x00, 0x9C, 0x40, 0x08, 0x02, 0x00, 0x00, 0x00, 0xDE, 0x6E, 0x99,
        0x52, 0x00, 0x00, 0x00, 0x09, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9C, 0x63, 0x00, 0x00, 0x00, 0x01,
        0x00, 0x01, 0x5E, 0xFF, 0x7D, 0xF9, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42,
        0x60, 0x82,
    ]

    /// A progressive JPEG with its first scan two hundred times; nil for another file.
    private static func manyPasses(_ jpeg: [UInt8]) -> [UInt8]? {
        guard jpeg.starts(with: [0xFF, 0xD8]) else { return nil }
        let scans = jpeg.indices.dropLast().filter { jpeg[$0] == 0xFF && jpeg[$0 + 1] == 0xDA }
        guard scans.count > 1 else { return nil }
        let first = Array(jpeg[scans[0]..<scans[1]])
        return Array(jpeg[..<scans[0]]) + Array(repeating: first, count: 200).joined() + jpeg[scans[1]...]
    }
}

/// A generator that gives the same numbers at every run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
