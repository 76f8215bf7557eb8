import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// Searches that people keep under a name.
@Suite struct SavedSearchTests {
    @Test func aSearchIsKeptFoundReplacedAndForgotten() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            try await site.analysis(of: ada.user.id, about: AnalysisInformation(title: "Lake", tags: ["family"]))
            #expect(try await !ada.get("/analyses").text.contains("Save this search"))
            #expect(try await ada.get("/analyses?tag=family").text.contains("Save this search"))
            // The fields' order in the address is not the filter's.
            let kept = try await ada.post(
                "/analyses/searches", [("name", " At the lake "), ("filter", "tag=family&q=lake&before=nonsense")])
            #expect(kept.headers[.location] == "/analyses?q=lake&tag=family")
            let page = try await ada.get("/analyses?tag=family&q=lake").text
            #expect(page.contains("aria-current=\"true\">At the lake</a>") && page.contains("Remove this saved search"))
            #expect(!page.contains("Save this search"))
            let all = try await ada.get("/analyses").text
            #expect(all.contains("href=\"/analyses?q=lake&amp;tag=family\"") && all.contains(">At the lake</a>"))
            #expect(try await !eve.get("/analyses").text.contains("At the lake"))

            _ = try await ada.post("/analyses/searches", [("name", "AT THE LAKE"), ("filter", "emotion=sad")])
            let replaced = try await site.store.savedSearches(of: ada.user.id)
            #expect(replaced.map(\.name) == ["AT THE LAKE"] && replaced.map(\.query) == ["emotion=sad"])

            let id = try #require(replaced.first?.id)
            #expect(try await eve.post("/analyses/searches/forget", [("id", id.lower)]).status == .notFound)
            let gone = try await ada.post(
                "/analyses/searches/forget", [("id", id.lower), ("here", "/analyses?emotion=sad")])
            #expect(gone.headers[.location] == "/analyses?emotion=sad")
            #expect(try await site.store.savedSearches(of: ada.user.id).isEmpty)
            #expect(try await ada.post("/analyses/searches/forget", [("id", id.lower)]).status == .notFound)
        }
    }

    @Test func whatCannotBeKeptIsRefusedInWords() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            for (name, filter, words) in [
                ("a", "", "Everything is shown."), ("a", "order=oldest", "Everything is shown."),
                (" ", "tag=family", "Give the search a name."),
                (String(repeating: "x", count: 61), "tag=family", "A name has at most 60 characters; this has 61."),
            ] {
                let answer = try await ada.post("/analyses/searches", [("name", name), ("filter", filter)])
                #expect(answer.status == .unprocessableContent && answer.text.contains(words), "\(name) \(filter)")
            }
            let wrong = try await ada.post("/analyses/searches", [("name", "a"), ("filter", "state=maybe")])
            #expect(wrong.status == .badRequest && wrong.text.contains("waiting, finished, failed, cancelled"))
            #expect(try await site.store.savedSearches(of: ada.user.id).isEmpty)
        }
    }

    @Test func thereAreNoMoreThanFitButOneIsReplacedAllTheSame() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            func keep(_ name: String, _ filter: String) async throws -> HTTPResponse.Status {
                try await ada.post("/analyses/searches", [("name", name), ("filter", filter)]).status
            }
            for number in 1...SavedSearch.most { #expect(try await keep("\(number)", "tag=t\(number)") == .seeOther) }
            #expect(try await keep("31", "tag=t31") == .unprocessableContent)
            #expect(try await keep("30", "tag=other") == .seeOther)
            let kept = try await site.store.savedSearches(of: ada.user.id)
            #expect(kept.count == SavedSearch.most && kept.contains { $0.query == "tag=other" })
        }
    }
}
