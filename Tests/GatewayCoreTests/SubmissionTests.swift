import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

@Suite struct SubmissionTests {
    private func photos(_ count: Int) throws -> [(name: String, bytes: [UInt8])] {
        try (0..<count).map { ("photo-\($0).jpg", try Site.sample()) }
    }

    @Test func thePageAsksOnceForTheNoteToBeAcknowledged() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            #expect(try await ada.get("/analyses/new").text.contains("name=\"acknowledged\""))
            let refused = try await ada.send(photos(1), [("acknowledgement", "asked"), ("title", "Kept")])
            #expect(refused.status == .unprocessableContent)
            #expect(refused.text.contains("Tick the box on responsible use first."))
            #expect(refused.text.contains("value=\"Kept\""))
            let taken = try await ada.send(photos(1), [("acknowledgement", "asked"), ("acknowledged", "yes")])
            #expect(taken.status == .seeOther)
            #expect(try await !ada.get("/analyses/new").text.contains("name=\"acknowledged\""))
            #expect(try await ada.send(photos(1), [("acknowledgement", "asked")]).status == .seeOther)
            let eve = try await site.person("Eve")
            #expect(try await eve.get("/analyses/new").text.contains("name=\"acknowledged\""))
        }
    }

    @Test func onePhotoLeadsToItsResultAndSeveralToTheirBatch() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let one = try await ada.send(photos(1))
            #expect(one.status == .seeOther)
            #expect(one.headers[.location]?.contains(/^\/analyses\/[0-9a-f-]{36}$/) == true)
            let many = try await ada.send(photos(3), [("title", "Trip"), ("tags", "sea")])
            let address = try #require(many.headers[.location])
            #expect(address.contains(/^\/batches\/[0-9a-f-]{36}$/))
            let page = try await ada.get(address)
            #expect(page.text.contains("0 of 3 done") && page.text.contains("Trip"))
            for path in [address, address + ".zip", address + ".csv"] {
                #expect(try await eve.get(path).status == .notFound, "\(path)")
            }
            let rows = try await site.database.query("SELECT lane, tags[1] FROM analyses WHERE batch_id IS NOT NULL")
            #expect(try rows.map { try $0.decode((String, String).self) }.allSatisfy { $0 == ("bulk", "sea") })
        }
    }

    @Test func photosSentOneByOneJoinTheirBatch() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let batch = UUID.timeOrdered()
            let fields = [("batch", batch.lower), ("batch_member", "yes")]
            for _ in 0..<2 {
                let answer = try await ada.send(photos(1), fields, json: true)
                #expect(answer.status == .accepted)
                #expect(answer.text.contains("\"/batches/\(batch.lower)\""))
            }
            #expect(try await site.store.batch(batch, owner: ada.user.id)?.analyses.count == 2)
            #expect(try await eve.send(photos(1), fields).status == .notFound)
            #expect(try await site.store.history(owner: eve.user.id, before: nil, limit: 5).items.isEmpty)
            #expect(try await ada.send(photos(1), [("batch", "x"), ("batch_member", "yes")]).status == .badRequest)
        }
    }

    @Test func aBadPhotoOfSeveralIsToldAndTheOthersGoOn() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let answer = try await ada.send(photos(2) + [("words.jpg", Array("no photo".utf8))])
            #expect(answer.text.contains("words.jpg"))
            #expect(answer.text.contains("2 photos are in"))
            #expect(try await site.store.history(owner: ada.user.id, before: nil, limit: 5).items.count == 2)
        }
    }

    @Test func thePlaceInTheQueueIsThatOfThisTry() async throws {
        try await Site.run { site in
            let ada = try await site.person().user.id
            let first = try await site.analysis(of: ada, .failed)
            let second = try await site.analysis(of: ada, .queued)
            try await site.store.retry([first], owner: ada, limits: IntakeLimits(maxOpenPerUser: 9, maxOpen: 9))
            let places = try await [first, second].asyncMap { id in
                try await site.store.placeInQueue(#require(try await site.store.find(id, owner: ada)))
            }
            #expect(places == [2, 1])
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
        var all: [T] = []
        for element in self { all.append(try await transform(element)) }
        return all
    }
}
