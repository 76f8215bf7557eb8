import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

@Suite struct InformationTests {
    private func check(_ fields: [String: String]) -> (information: AnalysisInformation, problems: [String: String]) {
        AnalysisInformation.check { fields[$0] ?? "" }
    }

    @Test func tagsAreFoldedAndNoneStandsTwice() {
        let tags = check(["tags": " Family, summer   holiday ,family,, Łódź\nnew"]).information.tags
        #expect(tags == ["family", "summer holiday", "łódź", "new"])
    }

    @Test func theTimeOfTakingIsADayOrADayAndATime() {
        for (text, clock) in [
            ("2026-11-24", "2026-11-24T00:00"), ("2026-11-24T09:30", "2026-11-24T09:30"),
            ("2026-11-24 09:30:15", "2026-11-24T09:30"), ("2024-02-29T23:59", "2024-02-29T23:59"),
        ] {
            #expect(check(["taken_at": text]).information.takenAt == clock)
        }
        for text in [
            "yesterday", "2026-13-01", "2026-02-30", "2026-11-24T25:00", "1700-01-01", "24.11.2026",
            "2026-11-24T٠٩:30", "２０２６-11-24",
        ] {
            #expect(check(["taken_at": text]).problems["taken_at"]?.contains("2026-11-24") == true, "\(text)")
        }
    }

    @Test func whatIsTooLongIsToldWithItsLimit() {
        let long = String(repeating: "x", count: 201)
        #expect(check(["title": long]).problems["title"] == "At most 200 characters are kept here; this has 201.")
        #expect(check(["tags": String(repeating: "y", count: 41)]).problems["tags"]?.contains("40") == true)
        let many = (0..<21).map(String.init).joined(separator: ",")
        #expect(check(["tags": many]).problems["tags"] == "At most 20 tags; these are 21.")
        #expect(check(["title": "fine", "notes": long]).problems.isEmpty)
    }

    @Test func theInformationCanBeChangedByItsOwner() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            let path = "/analyses/\(id.lower)/information"
            let fields = [
                ("title", "Roof <b>"), ("subject", "Us"), ("tags", "a, b"), ("taken_at", "2020-05-04T10:20"),
                ("notes", "Line one\nline two"),
            ]
            #expect(try await eve.post(path, fields).status == .notFound)
            let answer = try await ada.post(path, fields)
            #expect(answer.headers[.location] == "/analyses/\(id.lower)?done=saved")
            let analysis = try #require(try await site.store.find(id, owner: ada.user.id))
            #expect(
                analysis.information
                    == AnalysisInformation(
                        title: "Roof <b>", subject: "Us", notes: "Line one\nline two", tags: ["a", "b"],
                        takenAt: "2020-05-04T10:20"))
            #expect(analysis.status == .finished)
            let wrong = try await ada.post(path, [("title", "kept"), ("taken_at", "soon")])
            #expect(wrong.status == .unprocessableContent)
            #expect(wrong.text.contains("Taken at: Write the day"))
            #expect(wrong.text.contains("value=\"soon\""))
            #expect(try await site.store.find(id, owner: ada.user.id)?.title == "Roof <b>")
        }
    }

    /// Two tabs, or a tab and a program: a form writes what was changed in it, and not what it showed besides.
    @Test func whatWasChangedBesideAFormIsNotTakenBackByIt() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let about = AnalysisInformation(title: "Hat", notes: "One\ntwo", tags: ["sea"], takenAt: "2020-05-04T10:20")
            let id = try await site.analysis(of: ada.user.id, about: about)
            let path = "/analyses/\(id.lower)"
            func shown(_ page: String) throws -> String {
                try #require(page.firstMatch(of: /name="shown" value="([^"]*)"/).map { String($0.1) })
            }
            func form(_ title: String, _ shown: String, takenAt: String = "2020-05-04T10:20") -> [(String, String)] {
                [
                    ("title", title), ("subject", ""), ("tags", "sea"), ("taken_at", takenAt),
                    ("notes", "One\r\ntwo"), ("shown", shown),
                ]
            }
            let mark = try shown(try await ada.get(path).text)
            _ = try await site.store.addTags(["lake"], to: [id], owner: ada.user.id)
            // Also where it came back first with what was wrong in it.
            let wrong = try await ada.post("\(path)/information", form("Cat", mark, takenAt: "soon"))
            #expect(try wrong.status == .unprocessableContent && shown(wrong.text) == mark)
            let answer = try await ada.post("\(path)/information", form("Cat", mark))
            #expect(answer.status == .seeOther)
            #expect(try await ada.get(answer.headers[.location] ?? "").text.contains("Your changes are saved."))
            #expect(!(try await ada.get(path).text.contains("Your changes are saved.")))
            var expected = about
            (expected.title, expected.tags) = ("Cat", ["sea", "lake"])
            #expect(try await site.store.find(id, owner: ada.user.id)?.information == expected)
            // What was changed in both is as in the last one.
            let emptied =
                [("tags", ""), ("shown", mark)] + form("Cat", mark).filter { $0.0 != "tags" && $0.0 != "shown" }
            _ = try await ada.post("\(path)/information", emptied)
            #expect(try await site.store.find(id, owner: ada.user.id)?.tags == [])
        }
    }

    @Test func aPageInWhichSomebodyWritesIsNotLoadedAnewByItself() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let path = "/analyses/\(try await site.analysis(of: ada.user.id, .queued).lower)"
            let waiting = try await ada.get(path).text
            #expect(waiting.contains("http-equiv=\"refresh\"") && waiting.contains("href=\"?edit#edit\""))
            #expect(try await ada.get("\(path)?edit").text.contains("http-equiv=\"refresh\"") == false)
            let refused = try await ada.post("\(path)/information", [("title", "kept"), ("taken_at", "soon")])
            #expect(refused.status == .unprocessableContent)
            #expect(!refused.text.contains("http-equiv=\"refresh\""))
        }
    }
}
