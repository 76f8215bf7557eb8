import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// Requests that a program sends again under their Idempotency-Key: what the first made is answered, and no more is made.
@Suite struct SentTwiceTests {
    private static let key: HTTPFields = [.idempotencyKey: "k"]

    @Test func theBatchOfTheFirstIsAnsweredAgain() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photos = [("a.jpg", try Site.sample()), ("b.jpg", try Site.sample())]
            let first = try await ada.sendForm(photos, headers: Self.key)
            let second = try await ada.sendForm(photos, headers: Self.key)
            let batch = try #require(try first.object()["batch"] as? String)
            #expect(try second.object()["batch"] as? String == batch)
            #expect(second.headers[.location] == "/api/v1/batches/\(batch)")
            #expect(try await ada.send(.get, "/batches/\(batch)").status == .ok)
            #expect(try first.ids() == second.ids())
        }
    }

    @Test func whatWasDoneIsAnsweredWhileTheIntakeIsPaused() async throws {
        try await Site.run { site in
            let (ada, boss) = (try await Program(site), try await site.person("Boss"))
            let photo = ("a.jpg", try Site.sample())
            let first = try await ada.sendForm([photo], headers: Self.key)
            let key: HTTPFields = [.idempotencyKey: "page"]
            let shown = try await boss.send([photo], json: true, headers: key)
            #expect(first.status == .accepted && shown.status == .accepted)
            try await site.accounts.setAdmin(true, of: boss.user.id)
            #expect(try await boss.post("/operations/intake", [("value", "pause")]).status == .seeOther)
            let again = try await ada.sendForm([photo], headers: Self.key)
            #expect(try again.status == .accepted && again.ids() == first.ids())
            #expect(try await boss.send([photo], json: true, headers: key).status == .accepted)
            // What was not done is not done now.
            for other in [[:], [.idempotencyKey: "other"]] as [HTTPFields] {
                #expect(try await ada.sendForm([photo], headers: other).status == .serviceUnavailable)
                #expect(try await boss.send([photo], json: true, headers: other).status == .serviceUnavailable)
            }
            #expect(try await site.store.count(owner: ada.user.id) == 1)
        }
    }

    /// Were the first of them taken, the next try would take them again.
    @Test func photosThatMeetALimitInTheMiddleAreTakenAllOrNone() async throws {
        try await Site.run(["MIEN_MAX_OPEN_PER_USER": "3"]) { site in
            let ada = try await Program(site)
            let waiting = try await site.analysis(of: ada.user.id, .queued)
            let photos = try (1...3).map { ("\($0).jpg", try Site.sample()) }
            let full = try await ada.sendForm(photos, headers: Self.key)
            #expect(full.status == .tooManyRequests && full.headers[.retryAfter] == "30")
            #expect((try full.object()["errors"] as? [String: String])?.count == 3)
            #expect(try await site.store.count(owner: ada.user.id) == 1)
            #expect(try await site.database.query("SELECT 1 FROM batches").isEmpty)
            try await site.store.cancel(.some([waiting]), owner: ada.user.id)
            for _ in 0..<2 {
                #expect(try await ada.sendForm(photos, headers: Self.key).ids().count == 3)
                #expect(try await site.store.count(owner: ada.user.id) == 4)
            }
            // Without a key what has room is taken, and the others are named.
            let page = try await Program(site).sendForm(photos + photos).object()
            #expect((page["analyses"] as? [Any])?.count == 3 && (page["refused"] as? [Any])?.count == 3)
        }
    }

    @Test func whatIsRefusedIsAPartOfTheRequestAndUsesNoKeyUpAlone() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let text = Array("hello there".utf8)
            let alone = try await ada.sendForm([("a.jpg", text)], headers: Self.key)
            #expect(alone.status == .unsupportedMediaType)
            let mixed = try await ada.sendForm([("a.jpg", photo), ("n.txt", text)], headers: Self.key)
            #expect(mixed.status == .accepted)
            let again = try await ada.sendForm([("a.jpg", photo), ("n.txt", text)], headers: Self.key)
            #expect(try again.ids() == mixed.ids() && (again.object()["refused"] as? [Any])?.count == 1)
            let other = try await ada.sendForm([("a.jpg", photo), ("n.txt", text + text)], headers: Self.key)
            #expect(try other.object()["code"] as? String == "idempotency_key_reused")
        }
    }

    @Test func aBatchIsKeptWithTheAnalysesAndReadBack() throws {
        let (id, batch) = (UUID(), UUID())
        let answer = IdempotentRequest.Answer(analyses: [id], batch: batch)
        #expect(answer.text == "batch:\(batch.lower) \(id.lower)")
        #expect(IdempotentRequest.Answer(answer.text) == answer)
        #expect(IdempotentRequest.Answer(id.lower) == .init(analyses: [id], batch: nil))
        let mixed = IdempotentRequest.Answer(analyses: [id, batch], earlier: [batch], batch: nil)
        #expect(mixed.text == "\(id.lower) earlier:\(batch.lower)")
        #expect(IdempotentRequest.Answer(mixed.text) == mixed)
    }

    @Test func aBatchIsMadeOnceUnderItsKey() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            func make(_ title: String, by person: Program, key: HTTPFields = Self.key) async throws -> TestResponse {
                var headers = key
                headers[.contentType] = "application/json"
                return try await person.send(
                    .post, "/batches", body: .init(string: "{\"title\": \"\(title)\"}"), headers: headers)
            }
            let first = try await make("Trip", by: ada)
            let again = try await make("Trip", by: ada)
            #expect(first.status == .created && again.status == .created)
            let batch = try #require(try first.object()["id"] as? String)
            #expect(try again.object()["id"] as? String == batch)
            #expect(again.headers[.location] == first.headers[.location])
            let other = try await make("Other", by: ada)
            #expect(other.status == .unprocessableContent)
            #expect(try other.object()["code"] as? String == "idempotency_key_reused")
            // The key is the person's, and one for all that they send.
            #expect(try await make("Trip", by: Program(site)).object()["id"] as? String != batch)
            let photo = try await ada.sendForm([("a.jpg", try Site.sample())], headers: Self.key)
            #expect(try photo.object()["code"] as? String == "idempotency_key_reused")
            #expect(try await make("Trip", by: ada, key: [:]).object()["id"] as? String != batch)
            let bad = try await make("Trip", by: ada, key: [.idempotencyKey: String(repeating: "k", count: 300)])
            #expect(try bad.object()["code"] as? String == "bad_idempotency_key")
            #expect(try await site.database.query("SELECT 1 FROM batches").count == 3)
        }
    }

    @Test func batchesThatAreAskedForAtTheSameTimeAreOne() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let answers = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await ada.send(
                            .post, "/batches", body: .init(string: "{}"),
                            headers: [.contentType: "application/json", .idempotencyKey: "k"]
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // Who comes while the first is at work is told so.
            #expect(Set(answers).isSubset(of: [.created, .conflict]) && answers.contains(.created))
            #expect(try await site.database.query("SELECT 1 FROM batches").count == 1)
        }
    }
}
