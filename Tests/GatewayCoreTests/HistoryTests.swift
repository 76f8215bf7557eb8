import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

@Suite struct HistoryTests {
    private func titles(_ site: Site, _ owner: UUID, _ fields: [String: String]) async throws -> [String] {
        let filter = try HistoryFilter(in: .gmt) { fields[$0] }
        return try await site.store.history(owner: owner, filter: filter, before: nil, limit: 50).items.map(\.title)
    }

    private static func about(
        _ title: String, subject: String = "", notes: String = "", tags: [String] = []
    ) -> AnalysisInformation {
        AnalysisInformation(title: title, subject: subject, notes: notes, tags: tags)
    }

    @Test func thePageSaysWhetherItsFirstCardWasSentFirst() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            #expect(try await ada.get("/analyses").text.contains("data-list=\"newest\""))
            #expect(try await ada.get("/analyses?order=oldest").text.contains("data-list=\"oldest\""))
        }
    }

    @Test func eachFilterFindsWhatItSays() async throws {
        try await Site.run { site in
            let ada = try await site.person().user.id
            let day = Date(timeIntervalSince1970: 1_795_500_000)  // 24 November 2026
            try await site.analysis(
                of: ada, faces: [Site.face(1, "happy"), Site.face(2, "sad"), Site.face(3, "sad")],
                about: Self.about("Beach", subject: "Grandmother Łucja", tags: ["family", "summer holiday"]),
                submitted: day)
            try await site.analysis(
                of: ada, faces: [Site.face(1, "happy", 0.4, notSure: true)],
                about: Self.about("Unsure", tags: ["e-mail", "it's a \\ & 'x'"]), submitted: day)
            try await site.analysis(
                of: ada, about: Self.about("Empty", notes: "see example.org/3.5"),
                submitted: day.addingTimeInterval(86_400))
            try await site.analysis(of: ada, .failed, about: Self.about("Broken"), submitted: day)
            try await site.analysis(of: ada, .queued, about: Self.about("Open", tags: ["family"]), submitted: day)
            let other = try await site.person("Eve").user.id
            try await site.analysis(of: other, about: Self.about("Beach of Eve", tags: ["family"]))

            let cases: [([String: String], Set<String>)] = [
                (["q": "beach"], ["Beach"]), (["q": "BEA"], ["Beach"]), (["q": "łucja"], ["Beach"]),
                (["q": "grand luc"], []), (["q": "holiday"], []), (["q": "summer"], ["Beach"]),
                // A tag is found whole and by its beginning, whatever is in it.
                (["q": "summer holiday"], ["Beach"]), (["q": " Summer  HOLI"], ["Beach"]), (["q": "mer holiday"], []),
                (["q": "e-mail"], ["Unsure"]), (["q": "it's a \\ & 'x"], ["Unsure"]), (["q": "it's a | b"], []),
                (["q": "a'\u{301}b"], []),
                (["q": "img 2041"], ["Beach", "Unsure", "Empty", "Broken", "Open"]),
                (["q": "example.org"], ["Empty"]), (["q": "3.5"], ["Empty"]),
                (["q": "' | !"], ["Beach", "Unsure", "Empty", "Broken", "Open"]),
                (["emotion": "sad"], ["Beach"]), (["emotion": "happy"], []), (["emotion": "unsure"], ["Unsure"]),
                (["emotion": "none"], ["Empty"]), (["state": "failed"], ["Broken"]), (["state": "waiting"], ["Open"]),
                (["tag": "Family"], ["Beach", "Open"]), (["tag": "family", "emotion": "sad"], ["Beach"]),
                (["from": "2026-11-25"], ["Empty"]), (["until": "2026-11-24", "emotion": "none"], []),
                (["from": "2026-11-24", "until": "2026-11-24", "tag": "family"], ["Beach", "Open"]),
            ]
            for (fields, expected) in cases {
                #expect(Set(try await titles(site, ada, fields)) == expected, "\(fields)")
            }
        }
    }

    /// As a file's name comes from macOS, and as others type it.
    @Test func textIsFoundHoweverItsAccentsAreWritten() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let (apart, composed) = ("Cafe\u{301} \u{1100}\u{1161}", "Caf\u{E9} \u{AC00}")
            for (name, tag) in [("\(apart).jpg", apart), ("\(composed).jpg", composed)] {
                let sent = try await ada.sendForm(
                    [(name, try Site.sample())], ["title": "T", "subject": apart, "tags": "J\u{30C},\(tag)"])
                #expect(sent.status == .accepted)
            }
            for text in [apart, composed] {
                for field in ["q", "tag", "subject"] {
                    #expect(try await titles(site, ada.user.id, [field: text]).count == 2, "\(field)")
                }
            }
            #expect(try await titles(site, ada.user.id, ["tag": "\u{1F0}"]).count == 2)
            let id = try #require(try await site.store.recent(owner: ada.user.id, limit: 1).first)
            // Bytes are compared, since Swift takes both for the same.
            #expect(Array(id.fileName.utf8) == Array("\(composed).jpg".utf8))
            #expect(id.tags.map { Array($0.utf8) } == ["\u{1F0}", composed.lowercased()].map { Array($0.utf8) })
        }
    }

    /// What was kept before.
    @Test func theMigrationComposesWhatIsThere() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id)
            try await site.database.execute(
                """
                UPDATE analyses SET title = U&'Cafe\\0301', subject = U&'e\\0301', notes = U&'e\\0301', file_name = U&'e\\0301.jpg',
                    tags = ARRAY['z', U&'e\\0301', 'a', U&'\\00e9']
                """)
            try await site.database.execute("UPDATE users SET name = U&'Ade\\0301'")
            try await site.database.execute(
                """
                INSERT INTO saved_searches (id, user_id, name, query)
                SELECT gen_random_uuid(), users.id, one.name, 'q=x'
                FROM users, unnest(ARRAY[U&'e\\0301', U&'\\00e9', U&'o\\0301']) AS one (name)
                """)
            let file = Site.root.appendingPathComponent("Migrations/0032_composed_text.up.sql")
            try await site.database.execute(Statement(unescaped: try String(contentsOf: file, encoding: .utf8)))
            let analysis = try #require(try await site.store.find(id, owner: ada.user.id))
            func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }
            #expect(
                bytes([analysis.title, analysis.subject, analysis.notes, analysis.fileName])
                    == bytes(["Caf\u{E9}", "\u{E9}", "\u{E9}", "\u{E9}.jpg"]))
            #expect(bytes(analysis.tags) == bytes(["z", "\u{E9}", "a"]))
            let names = try await site.database.query(
                "SELECT name FROM users UNION ALL (SELECT name FROM saved_searches ORDER BY name COLLATE \"C\")"
            ).map { try $0.decode(String.self) }
            #expect(bytes(names) == bytes(["Ad\u{E9}", "e\u{301}", "\u{E9}", "\u{F3}"]))
        }
    }

    @Test func aWrongFilterIsNamedWithWhatIsAccepted() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            for (query, word) in [
                ("emotion=bored", "surprise"), ("state=maybe", "waiting, finished"), ("from=tomorrow", "2026-11-24"),
            ] {
                let answer = try await ada.get("/analyses?\(query)")
                #expect(answer.status == .badRequest)
                #expect(answer.text.contains(word))
            }
        }
    }

    @Test func whatIsFoundIsCountedAndItsTagsAreSuggested() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            for tags in [["lake"], ["lake", "boat"], []] {
                try await site.analysis(of: ada.user.id, about: Self.about("x", tags: tags))
            }
            try await site.analysis(of: eve.user.id, about: Self.about("x", tags: ["secret"]))
            let filter = try HistoryFilter(in: .gmt) { ["tag": "lake"][$0] }
            try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")], about: Self.about("x"))
            let all = try await site.store.count(owner: ada.user.id, filter: HistoryFilter())
            #expect(all.found == 4 && all.byLook == ["none": 3, "happy": 1])
            let happy = try HistoryFilter(in: .gmt) { ["emotion": "happy"][$0] }
            let narrowed = try await site.store.count(owner: ada.user.id, filter: happy)
            #expect(narrowed.found == 1 && narrowed.byLook == all.byLook)
            #expect(try await site.store.count(owner: ada.user.id, filter: filter).found == 2)
            #expect(try await site.store.recentTags(owner: ada.user.id) == ["lake", "boat"])
            let page = try await ada.get("/analyses?tag=lake").text
            #expect(page.contains("2 found") && page.contains("<option value=\"boat\">") && !page.contains("secret"))
        }
    }

    @Test func aWaitingPhotoIsShownToItsOwnerOnly() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            #expect(try await site.store.usualSeconds() == nil)
            let done = try await site.analysis(of: eve.user.id)
            try await site.database.execute(
                """
                UPDATE analyses SET queued_at = now() - interval '1 hour', started_at = now() - interval '3 seconds',
                    finished_at = now() WHERE id = \(done)
                """)
            // What it waited before is not what a photo takes.
            #expect(try await site.store.usualSeconds() == 3)
            let id = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await ada.get("/analyses/\(id.lower)").text.contains("src=\"/analyses/\(id.lower)/photo\""))
            #expect(try await eve.get("/analyses/\(id.lower)/photo").status == .notFound)
        }
    }

    @Test func aResultKnowsItsNeighboursAmongItsOwnersOnly() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            var ids: [UUID] = []
            for number in 0..<3 {
                let at = Date(timeIntervalSince1970: 1_795_500_000 + Double(number))
                ids.append(try await site.analysis(of: ada.user.id, about: Self.about("\(number)"), submitted: at))
                try await site.analysis(of: eve.user.id, about: Self.about("Eve's"), submitted: at)
            }
            func place(_ id: UUID) async throws -> HistoryPlace {
                let analysis = try #require(try await site.store.find(id, owner: ada.user.id))
                return try await site.store.placeInHistory(analysis, owner: ada.user.id)
            }
            #expect(
                try await place(ids[1]) == HistoryPlace(newer: ids[2], older: ids[0], newerCount: 1, olderCount: 1))
            #expect(try await place(ids[2]) == HistoryPlace(newer: nil, older: ids[1], newerCount: 0, olderCount: 2))
            #expect(try await place(ids[0]) == HistoryPlace(newer: ids[1], older: nil, newerCount: 2, olderCount: 0))
            let page = try await ada.get("/analyses/\(ids[0].lower)").text
            #expect(page.contains("3 of 3") && page.contains("rel=\"prev\" href=\"/analyses/\(ids[1].lower)\""))
            #expect(!page.contains("rel=\"next\""))
            // With one on either side of it, each end is found again from the middle.
            let middle = try await ada.get("/analyses/\(ids[1].lower)").text
            #expect(middle.contains("/analyses/\(ids[0].lower)\"") && middle.contains("/analyses/\(ids[2].lower)\""))
        }
    }

    @Test func pagesStayRightWhileNewResultsComeAndOldOnesGo() async throws {
        try await Site.run { site in
            let ada = try await site.person().user.id
            var ids: [UUID] = []
            for number in 0..<7 {
                ids.append(
                    try await site.analysis(
                        of: ada, about: Self.about("\(number)"),
                        // Two at the same moment: the id tells them apart.
                        submitted: Date(timeIntervalSince1970: 1_795_500_000 + Double(number / 2))))
            }
            var seen: [String] = []
            var cursor: ListCursor?
            repeat {
                let page = try await site.store.history(owner: ada, before: cursor, limit: 3)
                seen += page.items.map(\.title)
                cursor = page.next
                try await site.analysis(of: ada, about: Self.about("new"))
                try await site.store.delete([ids[6]], owner: ada)
            } while cursor != nil
            #expect(seen == ["6", "5", "4", "3", "2", "1", "0"])
        }
    }

    @Test func theDatabaseAndThePagesAgreeOnWhatMostFacesShow() async throws {
        try await Site.run { site in
            let ada = try await site.person().user.id
            let groups: [[FaceResult]] = [
                [], [Site.face(1, "fear")], [Site.face(1, "sad", notSure: true)],
                [Site.face(1, "happy"), Site.face(2, "sad"), Site.face(3, "sad")],
                [Site.face(1, "angry", notSure: true), Site.face(2, "neutral"), Site.face(3, "happy")],
                [Site.face(1, "happy"), Site.face(2, "sad")],
            ]
            for faces in groups {
                let id = try await site.analysis(of: ada, faces: faces)
                let word = try await site.database.first("SELECT emotion FROM analyses WHERE id = \(id)")?
                    .decode(String.self)
                #expect(word == DominantEmotion(faces.compactMap(\.look)).word)
            }
        }
    }

    @Test func chosenAnalysesAreDeletedExportedAndTriedAgain() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let kept = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            let failed = try await site.analysis(of: ada.user.id, .failed)
            let hers = try await site.analysis(of: eve.user.id, .failed)
            func choose(_ action: String, _ ids: [UUID]) -> [(String, String)] {
                ids.map { ("ids[]", $0.lower) } + [("action", action), ("here", "/analyses?state=failed")]
            }
            let table = try await ada.post("/analyses/selected", choose("csv", [kept, hers]))
            #expect(table.text.contains(kept.lower) && !table.text.contains(hers.lower))
            let zip = try await ada.post("/analyses/selected", choose("zip", [kept, failed, hers]))
            #expect(Array(zip.bytes.prefix(4)) == Array("PK".utf8) + [3, 4])
            let again = try await ada.post("/analyses/selected", choose("retry", [kept, failed, hers]))
            #expect(again.headers[.location] == "/analyses?state=failed&done=retry-1")
            #expect(try await ada.get("/analyses?done=retry-1").text.contains("1 analysis tried again."))
            let gone = try await ada.post("/analyses/selected", choose("delete", [kept, hers]))
            #expect(gone.headers[.location]?.hasPrefix("/analyses?state=failed&done=delete-1&undo=") == true)
            #expect(try await site.store.find(kept, owner: ada.user.id) == nil)
            #expect(try await site.store.find(hers, owner: eve.user.id)?.status == .failed)
            let lost = try await ada.post("/analyses/selected", [("action", "delete"), ("here", "//evil.example")])
            #expect(lost.headers[.location] == "/analyses?done=delete-0")
            #expect(try await ada.post("/analyses/selected", choose("burn", [failed])).status == .badRequest)
        }
    }
}
