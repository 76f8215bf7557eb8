import Contracts
import Foundation
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// Random histories through the code that runs in production, against PostgreSQL; a model foretells what they leave.
@Suite struct LifecycleHistoryTests {
    /// Three seeds that stay, and one that is new each time; a failure names it.
    @Test(arguments: [1, 2, 3, UInt64.random(in: 4...1_000_000)])
    func randomHistoriesLeaveWhatTheModelForetells(seed: UInt64) async throws {
        try await Site.run { site in
            let people = [try await site.person(), try await site.person("Eve")]
            var history = RandomHistory(site: site, people: people, seed: seed)
            // Some events are rare: those seeds that stay go on until each has come.
            let everything = seed < 4 ? RandomHistory.everything : []
            var step = 0
            while step < 250 || (step < 1_500 && !history.happened.isSuperset(of: everything)) {
                step += 1
                let words = try await history.step()
                let differences = try await history.differences()
                try #require(differences == [], "seed \(seed), step \(step): \(words)")
            }
            #expect(history.happened.isSuperset(of: everything), "seed \(seed) plays too little")
        }
    }

    @Test func ofAResultAndADeletionAtTheSameMomentTheResultIsInTheBinOrNowhere() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            var finished = 0
            for _ in 0..<40 {
                let id = try await site.analysis(of: ada.user.id, .processing)
                async let recorded = site.recorder.record([.happy(id, generation: 1)])
                async let removed = site.store.remove(.some([id]), owner: ada.user.id, binDays: 30)
                async let claimed = site.store.claim(id, generation: 1)
                let isRecorded = try await recorded == [.recorded]
                #expect(try await removed.count == 1)
                _ = try await claimed
                #expect(try await site.store.find(id, owner: ada.user.id) == nil)
                let binned = try await site.store.bin(owner: ada.user.id, limit: 1).items.first
                #expect(binned?.id == id && binned?.status == (isRecorded ? .finished : .cancelled))
                if isRecorded { finished += 1 }
            }
            #expect(try await ada.counts() == (finished, 0))
        }
    }

    @Test func ofAResultAndACancellationAtTheSameMomentOneCounts() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            var outcomes: [AnalysisStatus: Int] = [:]
            for _ in 0..<40 {
                let id = try await site.analysis(of: ada.user.id, .processing)
                async let recorded = site.recorder.record([.happy(id, generation: 1)])
                async let stopped = site.store.cancel(.some([id]), owner: ada.user.id)
                async let claimed = site.store.claim(id, generation: 1)
                let (isRecorded, isStopped) = try await (recorded == [.recorded], stopped == [id])
                _ = try await claimed
                #expect(isRecorded != isStopped)
                let status = try #require(try await site.store.find(id, owner: ada.user.id)?.status)
                #expect(status == (isRecorded ? .finished : .cancelled))
                outcomes[status, default: 0] += 1
            }
            #expect(try await ada.counts() == (outcomes[.finished] ?? 0, 0))
        }
    }
}

/// What was done, and what should be there after it.
private struct RandomHistory {
    struct Expected: Equatable {
        let owner: Int
        var status = AnalysisStatus.queued
        var attempts = 0
        var generation = 1
        var message: Int64?
        var claim: UUID?
        var jobs = 1
        var deadLetters = 0
        var isBinned = false

        var isOpen: Bool { status == .queued || status == .processing }
    }

    let site: Site
    let people: [Person]
    var random: SplitMix
    var expected: [UUID: Expected] = [:]
    var finished = [0, 0]
    var failed = [0, 0]
    /// In the order in which they came, so that a seed means the same each time.
    var ids: [UUID] = []
    /// What changed something; a history in which nothing happens would prove nothing.
    private(set) var happened: Set<String> = []
    private var problems: [String] = []

    static let everything: Set<String> = [
        "granted", "gone", "exhausted", "finished", "failed", "late", "cancelled", "failure retried",
        "cancelled retried", "deleted", "swept", "expired", "binned", "open binned", "restored", "undone",
        "expired in the bin", "another message refused", "claimed again",
    ]

    init(site: Site, people: [Person], seed: UInt64) {
        self.site = site
        self.people = people
        random = SplitMix(state: seed)
    }

    /// One random event; answers what it was.
    mutating func step() async throws -> String {
        problems = []
        forgetSomeThatAreGone()
        if ids.isEmpty { return try await submit() }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<12 where expected.count < 12: return try await submit()
        case 0..<35: return try await claim()
        case 35..<58: return try await record()
        case 58..<66: return try await cancel()
        case 66..<76: return try await retry()
        case 76..<82: return try await bin()
        case 82..<88: return try await restore()
        case 88..<90: return try await delete()
        case 90..<94: return try await publish()
        case 94..<98: return try await sweep()
        case 98..<99: return try await expireInBin()
        default: return try await expire()
        }
    }

    private mutating func submit() async throws -> String {
        let owner = Int.random(in: 0...1, using: &random)
        let id = try await site.store.submit(
            [
                Submission(
                    owner: people[owner].user.id, lane: .interactive, information: AnalysisInformation(),
                    fileName: "a.jpg", contentType: "image/jpeg", byteCount: 3, bytes: { [0xFF, 0xD8, 0xFF] },
                    requestID: "test")
            ], limits: Self.limits
        ).results[0].get()
        ids.append(id)
        expected[id] = Expected(owner: owner)
        return "submitted \(ids.count - 1)"
    }

    private mutating func claim() async throws -> String {
        let (id, generation) = anyTry()
        // Sometimes a photo that stops one worker after the other.
        let times = Int.random(in: 0..<8, using: &random) == 0 ? 6 : 1
        // One of two messages of the same job, or one that does not tell.
        let message = ([1, 2, nil] as [Int64?]).randomElement(using: &random) ?? nil
        // A claim of its own each time, the last one again, or one that does not tell.
        let repeats = [true, false, nil].randomElement(using: &random) ?? nil
        for _ in 0..<times { try await claim(id, generation, message, repeats) }
        let again = repeats.map { $0 ? " again" : " anew" } ?? ""
        return "claimed\(again) \(name(id)) in try \(generation) by \(message ?? 0), \(times) times"
    }

    private mutating func claim(_ id: UUID, _ generation: Int, _ message: Int64?, _ repeats: Bool?) async throws {
        let number = repeats.map { $0 ? expected[id]?.claim ?? UUID() : UUID() }
        let claim = try await site.store.claim(id, generation: generation, message: message, claim: number)
        var word = "gone"
        if var one = expected[id], one.isOpen, one.generation == generation {
            if one.status == .processing, let message, let claimed = one.message, claimed != message {
                happened.insert("another message refused")
            } else if one.attempts < 5 || number != nil && number == one.claim {
                if number != nil, number == one.claim { happened.insert("claimed again") } else { one.attempts += 1 }
                one.message = message
                one.claim = number
                one.status = .processing
                word = "granted"
                if claim != .granted(attempt: one.attempts, contentType: "image/jpeg", bytes: [0xFF, 0xD8, 0xFF]) {
                    problems.append("granted \(claim)")
                }
            } else {
                one.status = .failed
                one.deadLetters += 1
                failed[one.owner] += 1
                word = "exhausted"
            }
            expected[id] = one
        }
        happened.insert(word)
        if claim.word != word { problems.append("claim was \(claim.word), not \(word)") }
    }

    /// One to three results at once, of the same or other analyses, of present and past tries, and some twice.
    private mutating func record() async throws -> String {
        var messages: [ResultMessage] = []
        var changes: [Bool] = []
        var words: [String] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let (id, generation) = anyTry()
            let isGood = Bool.random(using: &random)
            for _ in 0..<(Int.random(in: 0..<4, using: &random) == 0 ? 2 : 1) {
                messages.append(
                    isGood ? .happy(id, generation: generation) : .damaged(id, generation: generation))
                words.append("\(isGood ? "finished" : "failed") \(name(id)) in try \(generation)")
                guard var one = expected[id], one.isOpen, one.generation == generation else {
                    changes.append(false)
                    happened.insert("late")
                    continue
                }
                one.status = isGood ? .finished : .failed
                if isGood { finished[one.owner] += 1 } else { failed[one.owner] += 1 }
                expected[id] = one
                changes.append(true)
                happened.insert(isGood ? "finished" : "failed")
            }
        }
        let recorded = try await site.recorder.record(messages)
        let changed = recorded.map { $0 == .recorded }
        if changed != changes { problems.append("recorded \(changed), not \(changes)") }
        return words.joined(separator: ", ")
    }

    private mutating func cancel() async throws -> String {
        let (some, owner) = (anySome(), Int.random(in: 0...1, using: &random))
        let stopped = try await site.store.cancel(.some(some), owner: people[owner].user.id)
        var should: Set<UUID> = []
        for id in some {
            guard var one = expected[id], one.isOpen, one.owner == owner else { continue }
            one.status = .cancelled
            one.jobs = 0
            expected[id] = one
            should.insert(id)
            happened.insert("cancelled")
        }
        if Set(stopped) != should { problems.append("cancelled \(stopped.count), not \(should.count)") }
        return "cancelled \(some.map(name)) by \(owner)"
    }

    private mutating func retry() async throws -> String {
        let (some, owner) = (anySome(), Int.random(in: 0...1, using: &random))
        let count = try await site.store.retry(some, owner: people[owner].user.id, limits: Self.limits)
        var should = 0
        for id in Set(some) {
            guard var one = expected[id], one.status == .failed || one.status == .cancelled, one.owner == owner,
                !one.isBinned
            else { continue }
            if one.status == .failed { failed[owner] -= 1 }
            happened.insert(one.status == .failed ? "failure retried" : "cancelled retried")
            one.status = .queued
            one.attempts = 0
            one.message = nil
            one.claim = nil
            one.generation += 1
            one.jobs += 1
            expected[id] = one
            should += 1
        }
        if count != should { problems.append("retried \(count), not \(should)") }
        return "retried \(some.map(name)) by \(owner)"
    }

    private mutating func delete() async throws -> String {
        let (id, owner) = (anyTry().0, Int.random(in: 0...1, using: &random))
        let isGone = try await site.store.delete(id, owner: people[owner].user.id)
        let should = expected[id].map { $0.owner == owner } ?? false
        if should { expected[id] = nil }
        if should { happened.insert("deleted") }
        if isGone != should { problems.append("deleted: \(isGone)") }
        return "deleted \(name(id)) by \(owner)"
    }

    /// Into the bin: what is open is cancelled by it.
    private mutating func bin() async throws -> String {
        let (some, owner) = (anySome(), Int.random(in: 0...1, using: &random))
        let removal = try await site.store.remove(.some(some), owner: people[owner].user.id, binDays: 30)
        var should: Set<UUID> = []
        for id in Set(some) {
            guard var one = expected[id], one.owner == owner, !one.isBinned else { continue }
            happened.insert(one.isOpen ? "open binned" : "binned")
            if one.isOpen {
                one.status = .cancelled
                one.jobs = 0
            }
            one.isBinned = true
            expected[id] = one
            should.insert(id)
        }
        if removal.count != should.count { problems.append("binned \(removal.count), not \(should.count)") }
        guard let act = removal.act, Int.random(in: 0..<4, using: &random) == 0 else {
            return "binned \(some.map(name)) by \(owner)"
        }
        // Undone at once: these come back, and nothing that was there before.
        let back = try await site.store.restore(.binned(at: act.at), owner: people[owner].user.id)
        for id in should { expected[id]?.isBinned = false }
        happened.insert("undone")
        if back != should.count { problems.append("undone \(back), not \(should.count)") }
        return "binned \(some.map(name)) by \(owner), and undone"
    }

    private mutating func restore() async throws -> String {
        let (some, owner) = (anySome(), Int.random(in: 0...1, using: &random))
        let count = try await site.store.restore(.some(some), owner: people[owner].user.id)
        var should = 0
        for id in Set(some) where expected[id]?.owner == owner && expected[id]?.isBinned == true {
            expected[id]?.isBinned = false
            should += 1
            happened.insert("restored")
        }
        if count != should { problems.append("restored \(count), not \(should)") }
        return "restored \(some.map(name)) by \(owner)"
    }

    private mutating func expireInBin() async throws -> String {
        let count = try await site.database.query(AnalysisLifecycle.expiredInBin(after: -1, limit: 1_000)).count
        let should = expected.filter(\.value.isBinned)
        for id in should.keys { expected[id] = nil }
        if !should.isEmpty { happened.insert("expired in the bin") }
        if count != should.count { problems.append("expired \(count) in the bin, not \(should.count)") }
        return "expired in the bin"
    }

    /// What the relay does once the broker has acknowledged everything.
    private mutating func publish() async throws -> String {
        try await site.database.execute("DELETE FROM outbox")
        for id in expected.keys {
            expected[id]?.jobs = 0
            expected[id]?.deadLetters = 0
        }
        return "published"
    }

    private mutating func sweep() async throws -> String {
        let count = try await site.store.publishLost(after: -1)
        var should = 0
        for (id, one) in expected where one.isOpen && one.jobs + one.deadLetters == 0 {
            expected[id]?.jobs = 1
            expected[id]?.message = nil
            should += 1
            happened.insert("swept")
        }
        if count != should { problems.append("swept \(count), not \(should)") }
        return "swept"
    }

    private mutating func expire() async throws -> String {
        let count = try await site.database.query(AnalysisLifecycle.expired(after: -1, limit: 1_000)).count
        let should = expected.filter { !$0.value.isOpen }
        for id in should.keys { expected[id] = nil }
        if !should.isEmpty { happened.insert("expired") }
        if count != should.count { problems.append("expired \(count), not \(should.count)") }
        return "expired"
    }

    /// The last few that are gone stay in `ids`, because what is late for them comes to nothing. Among many of them, hardly
    /// anything would happen to those that are there.
    private mutating func forgetSomeThatAreGone() {
        let gone = ids.filter { expected[$0] == nil }
        let forgotten = Set(gone.dropLast(4))
        ids.removeAll(where: forgotten.contains)
    }

    /// How the database differs from the model.
    func differences() async throws -> [String] {
        var differences = problems
        let rows = try await site.database.query(
            """
            SELECT id, user_id, status, attempts::bigint, generation::bigint,
                (SELECT count(*) FROM outbox o WHERE o.analysis_id = a.id AND kind = 'job'),
                (SELECT count(*) FROM outbox o WHERE o.analysis_id = a.id AND kind = 'dead'), binned_at IS NOT NULL,
                claimed_message, claim_id
            FROM analyses a
            """)
        var found: [UUID: Expected] = [:]
        for row in rows {
            let (id, owner, status, attempts, generation, jobs, dead, isBinned, message, claim) = try row.decode(
                (UUID, UUID, String, Int, Int, Int, Int, Bool, Int64?, UUID?).self)
            found[id] = Expected(
                owner: people[0].user.id == owner ? 0 : 1, status: try #require(AnalysisStatus(rawValue: status)),
                attempts: attempts, generation: generation, message: message, claim: claim, jobs: jobs,
                deadLetters: dead, isBinned: isBinned)
        }
        for id in Set(found.keys).union(expected.keys) where found[id] != expected[id] {
            differences.append(
                "\(name(id)) is \(found[id].map { "\($0)" } ?? "gone"), not \(expected[id].map { "\($0)" } ?? "gone")")
        }
        for (index, person) in people.enumerated() {
            let counts = try await person.counts()
            if counts != (finished[index], failed[index]) {
                differences.append("counts \(counts), not (\(finished[index]), \(failed[index]))")
            }
        }
        return differences
    }

    private static let limits = IntakeLimits(maxOpenPerUser: 1_000, maxOpen: 1_000)

    private func name(_ id: UUID) -> String { ids.firstIndex(of: id).map { "\($0)" } ?? "a former one" }

    /// Some analysis, perhaps deleted, and mostly its present try.
    private mutating func anyTry() -> (UUID, Int) {
        let id = ids.randomElement(using: &random) ?? UUID()
        let present = expected[id]?.generation ?? 1
        return (id, Int.random(in: 0..<4, using: &random) == 0 ? max(1, present - 1) : present)
    }

    private mutating func anySome() -> [UUID] {
        (0..<Int.random(in: 1...4, using: &random)).compactMap { _ in ids.randomElement(using: &random) }
    }
}

/// Sebastiano Vigna's SplitMix64: the same numbers for the same seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
