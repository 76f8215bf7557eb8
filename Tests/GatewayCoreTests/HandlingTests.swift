import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations

/// What a person asks to be done with a photo besides having it analysed.
@Suite struct HandlingTests {
    private func id(_ answer: TestResponse) throws -> UUID {
        let text = try answer.ids().first
        return try #require(text.flatMap { UUID(uuidString: $0) })
    }

    @Test func aPhotoThatIsNotToBeKeptGoesWithItsResultAndNotWithAFailure() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let finished = try id(try await ada.sendForm([("a.jpg", photo)], ["keep_photo": "false"]))
            let failed = try id(try await ada.sendForm([("a.jpg", photo)], ["keep_photo": "no"]))
            let kept = try id(try await ada.sendForm([("a.jpg", photo)]))
            #expect(try await ada.send(.get, "/analyses/\(finished.lower)/photo").status == .ok)
            try await site.finish(finished, [])
            try await site.fail(failed)
            try await site.finish(kept, [])
            let gone = try await ada.send(.get, "/analyses/\(finished.lower)/photo")
            #expect(gone.status == .notFound)
            #expect(try gone.object()["code"] as? String == "photo_gone")
            #expect(try await ada.send(.get, "/analyses/\(finished.lower)").object()["keep_photo"] as? Bool == false)
            #expect(try await ada.send(.get, "/analyses/\(finished.lower)/clean").status == .ok, "its pictures stay")
            #expect(try await ada.send(.post, "/analyses/\(failed.lower)/retry", [:]).status == .accepted)
            #expect(try await ada.send(.get, "/analyses/\(kept.lower)/photo").status == .ok)
        }
    }

    @Test func anAnalysisIsDeletedSoManyDaysAfterItsEnd() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let short = try id(try await ada.sendForm([("a.jpg", photo)], ["delete_after": "2"]))
            let open = try id(try await ada.sendForm([("a.jpg", photo)], ["delete_after": "1"]))
            let other = try id(try await ada.sendForm([("a.jpg", photo)]))
            for id in [short, other] { try await site.finish(id, []) }
            let sweeper = RetentionSweeper(
                database: site.database, retentionDays: 0, auditDays: 1, logger: Logger(label: "tests"))
            try await site.database.execute(
                "UPDATE analyses SET finished_at = finished_at - interval '47 hours', submitted_at = now() - interval '9 days'"
            )
            #expect(try await sweeper.sweep() == 0)
            try await site.database.execute("UPDATE analyses SET finished_at = finished_at - interval '2 hours'")
            #expect(try await sweeper.sweep() == 1)
            #expect(Set(try await site.store.recent(owner: ada.user.id, limit: 9).map(\.id)) == [open, other])
        }
    }

    @Test func whatIsWantedNoLongerIsCancelledAndATryAgainHasNoEnd() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let soon = try id(try await ada.sendForm([("a.jpg", photo)], ["cancel_after": "60"]))
            let never = try id(try await ada.sendForm([("a.jpg", photo)]))
            let done = try id(try await ada.sendForm([("a.jpg", photo)], ["cancel_after": "60"]))
            try await site.finish(done, [])
            #expect(try await site.store.cancelOverdue() == 0)
            #expect(try await site.store.claim(soon, generation: 1) != .gone)
            try await site.database.execute("UPDATE analyses SET cancel_at = cancel_at - interval '61 seconds'")
            // Whenever the sweeper looks.
            #expect(try await site.store.claim(soon, generation: 1) == .gone)
            #expect(try await site.store.cancelOverdue() == 1)
            for (id, status) in [(soon, "cancelled"), (never, "queued"), (done, "finished")] {
                #expect(try await ada.send(.get, "/analyses/\(id.lower)").object()["status"] as? String == status)
            }
            _ = try await ada.send(.post, "/analyses/\(soon.lower)/retry", [:])
            #expect(try await site.store.cancelOverdue() == 0)
        }
    }

    @Test func theSamePhotoIsKnownAgainAndAnalysedAllTheSame() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let eve = try await Program(site)
            let photo = try Site.sample()
            let first = try await ada.sendForm([("a.jpg", photo)])
            let second = try await ada.sendForm([("b.jpg", photo)])
            func duplicate(_ answer: TestResponse) throws -> String? {
                (try answer.object()["analyses"] as? [[String: Any]])?.first?["duplicate_of"] as? String
            }
            #expect(try duplicate(first) == nil)
            #expect(try duplicate(second) == first.ids().first)
            #expect(try duplicate(try await eve.sendForm([("a.jpg", photo)])) == nil, "nobody learns what others sent")
            // The first is deleted: nothing points at what is gone.
            #expect(try await site.store.delete(try id(first), owner: ada.user.id))
            let left = try await ada.send(.get, "/analyses/\(try id(second).lower)").object()
            #expect(left["duplicate_of"] == nil)
        }
    }

    @Test(arguments: [
        (#"{"keep_photo": "false"}"#, "keep_photo"), (#"{"keep_photo": 0}"#, "keep_photo"),
        (#"{"delete_after": 0}"#, "delete_after"), (#"{"delete_after": 3651}"#, "delete_after"),
        (#"{"delete_after": 1.5}"#, "delete_after"), (#"{"delete_after": true}"#, "delete_after"),
        (#"{"delete_after": "7"}"#, "delete_after"), (#"{"cancel_after": 86401}"#, "cancel_after"),
        (#"{"cancel_after": 1e300}"#, "cancel_after"), (#"{"cancel_after": -1}"#, "cancel_after"),
    ])
    func whatCannotBeDoneIsNamed(_ body: String, _ field: String) async throws {
        try await Site.run { site in
            let answer = try await Program(site).send(
                .post, "/analyses", body: .init(string: body), headers: [.contentType: "application/json"])
            #expect(answer.status == .unprocessableContent)
            #expect((try answer.object()["errors"] as? [String: String])?.keys.sorted() == [field])
        }
    }

    @Test func formsTakeTheSameFieldsAsTexts() {
        func check(_ fields: [String: String]) -> [String] {
            PhotoHandling.check { fields[$0] ?? "" }.problems.keys.sorted()
        }
        #expect(
            check(["keep_photo": "maybe", "delete_after": "soon", "cancel_after": "0"]) == [
                "cancel_after", "delete_after", "keep_photo",
            ])
        #expect(check(["keep_photo": "true", "delete_after": "3650", "cancel_after": "86400"]) == [])
        #expect(check([:]) == [])
    }
}
