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
                Every second photo is sent as it is; the others are cut off, have bits flipped, or are spliced together, in \
                the same way at every run. It fails when a photo has no end, or when what people's counters say is not what \
                the analyses say.
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
                var (accepted, refused) = (0, [String: Int]())
                // One a form: a form with a refused photo in it must not hide the others' fate.
                for photo in photos {
                    let uploaded = try await client.upload([photo], lane: "bulk")
                    accepted += uploaded.ids.count
                    for refusal in uploaded.refusals { refused[refusal, default: 0] += 1 }
                }
                while try await database.open() > 0 { try await Task.sleep(for: .milliseconds(500)) }
                return Report(
                    sent: photos.count, accepted: accepted, refused: refused,
                    outcomes: Dictionary(
                        uniqueKeysWithValues: try await database.outcomes(since: start).map { ($0.outcome, $0.count) }),
                    counted: try await database.counted() - countedBefore)
            }
            try json ? report.printJSON() : report.printTable()
            guard report.isComplete else { throw CommandFailure(message: "Not every photo is accounted for.") }
        }
    }

    private struct Report: Encodable {
        let sent: Int
        let accepted: Int
        let refused: [String: Int]
        let outcomes: [String: Int]
        let counted: Int

        /// Each photo was refused at the door or accepted; each accepted one has one outcome, and was counted once.
        var isComplete: Bool {
            let ended = outcomes.values.reduce(0, +)
            return sent == accepted + refused.values.reduce(0, +) && ended == accepted && counted == accepted
        }

        func printJSON() throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            print(String(decoding: try encoder.encode(self), as: UTF8.self))
        }

        func printTable() {
            print("\(sent) photos sent, \(accepted) accepted, \(counted) counted")
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

    mutating func photo(_ number: Int) -> [UInt8] {
        var bytes = files[number % files.count]
        guard number % 2 == 1, bytes.count > 16 else { return bytes }
        switch number / 2 % 4 {
        case 0: bytes.removeLast(Int.random(in: 1..<bytes.count - 12, using: &random))
        case 1:
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                bytes[Int.random(in: 8..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        case 2:
            let other = files[Int.random(in: 0..<files.count, using: &random)]
            bytes = bytes.prefix(bytes.count / 2) + other.suffix(other.count / 2)
        default:
            let start = Int.random(in: 8..<bytes.count, using: &random)
            for index in start..<min(bytes.count, start + 2_000) { bytes[index] = 0xFF }
        }
        return bytes
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
