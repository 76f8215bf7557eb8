import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// What is done to several photos at once, and in which order they are listed.
@Suite struct SelectionTests {
    private func tags(_ site: Site, _ id: UUID, of person: Person) async throws -> [String]? {
        try await site.store.find(id, owner: person.user.id)?.tags
    }

    @Test func severalGetTagsAndLoseThem() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let tagged = AnalysisInformation(title: "a", tags: ["lake", "family"])
            let full = AnalysisInformation(title: "b", tags: (1...19).map { "t\($0)" })
            let ids = [
                try await site.analysis(of: ada.user.id, about: tagged),
                try await site.analysis(of: ada.user.id, .failed),
                try await site.analysis(of: ada.user.id, about: full),
            ]
            let hers = try await site.analysis(of: eve.user.id)
            let binned = try await site.analysis(of: ada.user.id)
            _ = try await site.store.remove(.some([binned]), owner: ada.user.id, binDays: 30)
            func post(_ action: String, _ tags: String, here: String = "/analyses") async throws -> TestResponse {
                try await ada.post(
                    "/analyses/selected",
                    (ids + [hers, binned]).map { ("ids[]", $0.lower) }
                        + [("action", action), ("tags", tags), ("here", here)])
            }
            let answer = try await post("tag", " Family,  Summer   Holiday , family", here: "/analyses?tag=lake")
            #expect(answer.headers[.location] == "/analyses?tag=lake&done=tag-2-1")
            let said = try await ada.get("/analyses?done=tag-2-1").text
            #expect(said.contains("2 photos tagged. 1 photo would have more than 20 tags and stayed as before."))
            #expect(try await tags(site, ids[0], of: ada) == ["lake", "family", "summer holiday"])
            #expect(try await tags(site, ids[1], of: ada) == ["family", "summer holiday"])
            #expect(try await tags(site, ids[2], of: ada)?.count == 19)
            #expect(try await tags(site, hers, of: eve) == [])
            let again = try await post("tag", "family")
            #expect(again.headers[.location] == "/analyses?done=tag-1", "the third has room for one")
            #expect(try await post("tag", "family").headers[.location] == "/analyses?done=tag-0")
            #expect(try await ada.get("/analyses?done=tag-0").text.contains("None of them lacked these tags."))
            #expect(try await ada.get("/analyses?q=summer").text.contains(ids[1].lower), "it is found by them")
            let gone = try await post("untag", "FAMILY, lake, unknown")
            #expect(gone.headers[.location] == "/analyses?done=untag-3")
            #expect(try await tags(site, ids[0], of: ada) == ["summer holiday"])
            #expect(try await post("untag", "unknown").headers[.location] == "/analyses?done=untag-0")
            for (wrong, words) in [
                ("", "Write at least one tag."), (String(repeating: "x", count: 41), "A tag has at most 40 characters"),
                ((1...21).map { "n\($0)" }.joined(separator: ","), "At most 20 tags"),
            ] {
                let refused = try await post("tag", wrong)
                #expect(refused.status == .unprocessableContent && refused.text.contains(words))
            }
            #expect(try await tags(site, binned, of: ada) == nil)
            try await site.store.restore(.some([binned]), owner: ada.user.id)
            #expect(try await tags(site, binned, of: ada) == [])
        }
    }

    @Test func allThatTheFilterFindsAreMeantAndNoOthers() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            for number in 0..<30 {
                try await site.analysis(
                    of: ada.user.id, number < 26 ? .finished : .cancelled,
                    about: AnalysisInformation(title: "\(number)"))
            }
            try await site.analysis(of: eve.user.id)
            let page = try await ada.get("/analyses?state=finished").text
            #expect(page.contains("All 26 found") && page.contains("name=\"filter\" value=\"state=finished\""))
            #expect(try await !ada.get("/analyses?state=cancelled").text.contains("All 4 found"), "they are all there")
            let table = try await ada.post(
                "/analyses/selected", [("all", "yes"), ("filter", "state=finished"), ("action", "csv")])
            #expect(table.text.split(separator: "\r\n").count == 27)
            let deleted = try await ada.post(
                "/analyses/selected",
                [
                    ("all", "yes"), ("filter", "state=finished"), ("action", "delete"),
                    ("here", "/analyses?state=finished"),
                ])
            #expect(deleted.headers[.location]?.hasPrefix("/analyses?state=finished&done=delete-26&undo=") == true)
            #expect(try await site.store.count(owner: ada.user.id) == 4)
            #expect(try await site.store.count(owner: eve.user.id) == 1)
            let wrong = try await ada.post(
                "/analyses/selected", [("all", "yes"), ("filter", "state=maybe"), ("action", "delete")])
            #expect(wrong.status == .badRequest)
            #expect(try await site.store.count(owner: ada.user.id) == 4)
        }
    }

    @Test func moreThanAreTakenAtOnceAreRefused() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            try await site.database.execute(
                AnalysisLifecycle.madeUp(
                    [
                        "id", "user_id", "status", "lane", "file_name", "content_type", "photo_bytes", "request_id",
                        "finished_at",
                    ],
                    """
                    SELECT gen_random_uuid(), \(ada.user.id), 'cancelled', 'bulk', 'a.jpg', 'image/jpeg', 1, 'r', now()
                    FROM generate_series(1, 501)
                    """))
            #expect(try await !ada.get("/analyses").text.contains("data-choose-found"))
            let answer = try await ada.post("/analyses/selected", [("all", "yes"), ("action", "delete")])
            #expect(answer.status == .unprocessableContent && answer.text.contains("Nothing was changed"))
            #expect(try await site.store.count(owner: ada.user.id) == 501)
        }
    }

    @Test func theHistoryIsListedInTheOrderThatIsAskedFor() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let start = Date(timeIntervalSince1970: 1_795_500_000)  // 24 November 2026
            for (number, taken) in ["1890-05-01", nil, "2027-01-01T10:00", "2026-11-24T00:00", nil].enumerated() {
                var about = AnalysisInformation(title: "\(number)")
                about.takenAt = taken.flatMap(AnalysisInformation.clock)
                try await site.analysis(
                    of: ada.user.id, about: about, submitted: start.addingTimeInterval(Double(number) * 86_400))
            }
            for (order, expected) in [
                ("newest", "43210"), ("oldest", "01234"), ("taken", "24130"),
            ] {
                var filter = HistoryFilter()
                filter.order = try #require(HistoryFilter.Order(rawValue: order))
                var seen = ""
                var cursor: ListCursor?
                repeat {
                    let page = try await site.store.history(
                        owner: ada.user.id, filter: filter, before: cursor, limit: 1)
                    seen += page.items.map(\.title).joined()
                    // As it travels in an address.
                    cursor = page.next.flatMap { ListCursor(text: $0.text) }
                    #expect((cursor == nil) == (page.next == nil))
                } while cursor != nil
                #expect(seen == expected, "\(order)")
            }
            let page = try await ada.get("/analyses?order=taken").text
            #expect(page.contains("Taken on 1 May 1890") && page.contains("<option value=\"taken\" selected>"))
            #expect(try await ada.get("/analyses?order=shuffled").status == .badRequest)
            #expect(try await ada.get("/analyses.csv?order=oldest").text.contains("1890"))
        }
    }
}
