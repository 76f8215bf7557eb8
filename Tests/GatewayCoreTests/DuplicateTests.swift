import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// The same bytes sent again by somebody who wants the earlier analysis then: `if_duplicate=return`.
@Suite struct DuplicateTests {
    private static let once = ["if_duplicate": "return"]

    private func returned(_ answer: TestResponse) throws -> [String] {
        try #require(try answer.object()["returned"] as? [String])
    }

    @Test func theEarlierAnalysisIsTheAnswerAndNothingIsNew() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let first = try await ada.sendForm([("a.jpg", photo)], Self.once.merging(["title": "First"]) { $1 })
            #expect(try first.status == .accepted && returned(first).isEmpty)
            let id = try #require(try first.ids().first.flatMap { UUID(uuidString: $0) })
            // Waiting, and with its result.
            let waiting = try await ada.sendForm([("b.jpg", photo)], Self.once)
            try await site.finish(id, [])
            let done = try await ada.sendForm([("c.jpg", photo)], Self.once.merging(["title": "Again"]) { $1 })
            for answer in [waiting, done] {
                #expect(answer.status == .ok)
                #expect(try answer.ids() == [id.lower] && returned(answer) == [id.lower])
                #expect(answer.headers[.location] == "/api/v1/analyses/\(id.lower)")
            }
            let analysis = try #require((try done.object()["analyses"] as? [[String: Any]])?.first)
            #expect(analysis["status"] as? String == "finished" && analysis["title"] as? String == "First")
            #expect(try await site.store.count(owner: ada.user.id) == 1)
            #expect(try await site.database.query("SELECT 1 FROM outbox").count == 1)
            // Asked otherwise, or not at all, it is analysed all the same.
            #expect(try await ada.sendForm([("d.jpg", photo)], ["if_duplicate": "analyse"]).status == .accepted)
            #expect(try await ada.sendForm([("e.jpg", photo)]).status == .accepted)
            #expect(try await site.store.count(owner: ada.user.id) == 3)
            // It has a result, which those that came after it have not.
            #expect(try await ada.sendForm([("f.jpg", photo)], Self.once).ids() == [id.lower])
            let json = try await ada.send(
                .post, "/analyses",
                ["if_duplicate": "return", "photos": [["data": Data(photo).base64EncodedString()]]])
            #expect(try json.status == .ok && json.ids() == [id.lower])
        }
    }

    @Test func whatHasNoResultAndWhatIsAnothersIsNotReturned() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await Program(site), try await Program(site))
            let photo = try Site.sample()
            let ids = try await [
                ada.sendForm([("a.jpg", photo)]).ids(), ada.sendForm([("a.jpg", photo)]).ids(),
            ].flatMap { $0 }.compactMap(UUID.init(uuidString:))
            try await site.fail(ids[0])
            try await site.store.cancel(.some([ids[1]]), owner: ada.user.id)
            #expect(try await eve.sendForm([("a.jpg", photo)], Self.once).status == .accepted)
            #expect(try await ada.sendForm([("a.jpg", photo)], Self.once).status == .accepted)
            #expect(try await ada.sendForm([("a.jpg", photo)], Self.once).status == .ok)
            let newest = try await site.newest(of: ada.user.id)
            #expect(try await ada.send(.delete, "/analyses/\(newest.lower)").status == .noContent)
            #expect(try await ada.sendForm([("a.jpg", photo)], Self.once).status == .accepted)
        }
    }

    @Test func aBatchHoldsOnlyWhatIsNew() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let other = photo + [0]
            let known = try #require(try await ada.sendForm([("a.jpg", photo)]).ids().first)
            // The second of two alike in one request is the first one's.
            let mixed = try await ada.sendForm(
                [("a.jpg", photo), ("b.jpg", other), ("c.jpg", other)], Self.once)
            #expect(try mixed.status == .accepted && returned(mixed) == [known])
            #expect(try mixed.ids().count == 2 && mixed.ids().first == known)
            let batch = try #require(try mixed.object()["batch"] as? String)
            let held = try await ada.send(.get, "/batches/\(batch)").ids()
            #expect(try held == [mixed.ids()[1]])
            let all = try await ada.sendForm([("a.jpg", photo), ("b.jpg", other)], Self.once)
            #expect(try all.status == .ok && all.ids() == mixed.ids() && all.object()["batch"] == nil)
            #expect(try await site.database.query("SELECT 1 FROM batches").count == 1)
            #expect(try await site.store.count(owner: ada.user.id) == 2)
        }
    }

    @Test func limitsAreForWhatIsNew() async throws {
        try await Site.run(["MIEN_MAX_OPEN_PER_USER": "1"]) { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            #expect(try await ada.sendForm([("a.jpg", photo)], Self.once).status == .accepted)
            #expect(try await ada.sendForm([("a.jpg", photo)], Self.once).status == .ok)
            #expect(try await ada.sendForm([("a.jpg", photo + [0])], Self.once).status == .tooManyRequests)
        }
    }

    @Test func underItsKeyTheSameIsSaidAgain() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let known = try #require(try await ada.sendForm([("a.jpg", photo)]).ids().first)
            for _ in 0..<2 {
                let answer = try await ada.sendForm([("a.jpg", photo)], Self.once, headers: [.idempotencyKey: "k"])
                #expect(try answer.status == .ok && answer.ids() == [known] && returned(answer) == [known])
            }
            let other = try await ada.sendForm([("a.jpg", photo)], headers: [.idempotencyKey: "k"])
            #expect(try other.object()["code"] as? String == "idempotency_key_reused")
        }
    }

    @Test func ofEqualUploadsAtTheSameTimeOneIsAnalysed() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let sample = try Site.sample()
            let photos: [[UInt8]] = (0..<3).map { sample + [UInt8](repeating: 0, count: $0) }
            for round in 0..<4 {
                let answers = try await withThrowingTaskGroup(of: [String].self) { group in
                    for turn in 0..<8 {
                        // In several orders: nobody waits for another in a circle.
                        let order = turn % 2 == 0 ? photos : photos.reversed()
                        let mine = order.map { (name: "a.jpg", bytes: $0 + [UInt8(round)]) }
                        group.addTask { try await ada.sendForm(mine, Self.once).ids() }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.allSatisfy { $0.count == 3 })
                #expect(Set(answers.flatMap { $0 }).count == 3)
                #expect(try await site.store.count(owner: ada.user.id) == 3 * (round + 1))
            }
        }
    }

    @Test(arguments: ["", "no", "RETURN", "returnEarlier"])
    func anotherWordIsRefusedByName(_ word: String) async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let form = try await ada.sendForm([("a.jpg", try Site.sample())], ["if_duplicate": word])
            #expect(form.status == .unprocessableContent)
            #expect((try form.object()["errors"] as? [String: String])?.keys.sorted() == ["if_duplicate"])
            #expect(try await site.store.count(owner: ada.user.id) == 0)
        }
    }
}
