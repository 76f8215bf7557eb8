import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations
@testable import Sharing

/// Links to results and batches, as their owners make, see and end them.
@Suite struct ShareTests {
    @Test func aLinkIsMadeOnTheResultPageWithoutScriptsAndShownOnce() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id)
            let path = "/analyses/\(id.lower)"
            let page = try await ada.get(path).text
            #expect(page.contains("href=\"\(path)?share#share\">Share</a>") && !page.contains("id=\"share\""))
            let asked = try await ada.get("\(path)?share").text
            #expect(asked.contains("action=\"\(path)/shares#share\"") && asked.contains("value=\"7\" selected"))
            let link = try await ada.share(path, [("days", "30"), ("password", "kumquat jam for two")])
            let again = try await ada.get("\(path)?share").text
            #expect(!again.contains(link) && again.contains(link.prefix(9) + "…"))
            #expect(again.contains("Shared by 1 link") && again.contains("with a password"))
            #expect(try await ada.get("/shares").text.contains(link.prefix(9) + "…"))
            #expect(try await ada.get("/account/data").text.contains("You share by 1 link."))
            // Loaded again, the address of the form leads to the page.
            #expect(try await ada.get("\(path)/shares").headers[.location] == "\(path)?share#share")

            let row = try await site.database.first(
                "SELECT s::text, round(extract(epoch FROM expires_at - created_at) / 86400)::int8, password_hash FROM shares s"
            )
            let (all, days, hash) = try #require(try row?.decode((String, Int, String).self))
            #expect(days == 30 && hash.hasPrefix("$argon2id$"))
            #expect(!all.contains(link.dropFirst(3)) && !all.contains("kumquat"))
            let log = try await site.database.query("SELECT event, detail FROM audit_log ORDER BY id").map {
                try $0.decode((String, String).self)
            }
            #expect(log.map(\.0) == ["share_made"] && log[0].1.hasSuffix(" of analyses/\(id.lower)"))

            let share = try #require(try await shares(site).shares(of: ada.user.id, before: nil, limit: 9).items.first)
            let end = try await ada.post("/shares/\(share.share.id.lower)/end", [("back", "\(path)?share=ended#share")])
            #expect(end.headers[.location] == "\(path)?share=ended#share")
            let ended = try await ada.get("\(path)?share=ended").text
            #expect(ended.contains("The link is ended.") && ended.contains(">Ended</span>"))
            #expect(!ended.contains("Shared by"))
            // A second time nothing happens, and nothing is said to have happened.
            #expect(try await ada.post("/shares/\(share.share.id.lower)/end").status == .seeOther)
            let events = try await site.database.query("SELECT event FROM audit_log ORDER BY id").map {
                try $0.decode(String.self)
            }
            #expect(events == ["share_made", "share_ended"])
        }
    }

    private func shares(_ site: Site) -> ShareStore {
        ShareStore(database: site.database, hasher: site.accounts.hasher)
    }

    @Test func theFormSaysWhatIsWrongWithIt() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id)
            let wrong: [([(String, String)], String)] = [
                ([("password", "short")], "Use at least 8 characters."),
                ([("password", "password")], "one of the most common"),
                ([("days", "8")], "It takes 1, 7, 30, 90."),
                ([("information", "much")], "It takes nothing, title, all."),
            ]
            for (fields, words) in wrong {
                let answer = try await ada.post("/analyses/\(id.lower)/shares", fields + [("original", "yes")])
                #expect(answer.status == .unprocessableContent && answer.text.contains(words))
                #expect(answer.text.contains("value=\"yes\" checked") && !answer.text.contains("class=\"copied\""))
            }
            let forged = try await site.client.executeRequest(
                uri: "/analyses/\(id.lower)/shares", method: .post,
                headers: [.cookie: ada.cookie, .contentType: "application/x-www-form-urlencoded"], body: nil)
            #expect(forged.status == .forbidden)
            #expect(try await shares(site).countOpen(owner: ada.user.id) == 0)
        }
    }

    @Test func nobodyElseMakesSeesOrEndsThem() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let batch = UUID()
            let id = try await site.analysis(of: ada.user.id, batch: batch)
            for path in ["/analyses/\(id.lower)", "/batches/\(batch.lower)"] {
                _ = try await ada.share(path)
                #expect(try await eve.post("\(path)/shares").status == .notFound)
                #expect(try await eve.get("\(path)/shares").status == .notFound)
                #expect(try await eve.get("/api/v1\(path)/shares").status == .notFound)
                #expect(try await eve.get("\(path)?share").status == .notFound)
            }
            for listed in try await shares(site).shares(of: ada.user.id, before: nil, limit: 9).items {
                #expect(try await eve.post("/shares/\(listed.share.id.lower)/end").status == .notFound)
            }
            await #expect(throws: ShareStore.Refusal.unknown) {
                let request = try ShareRequest.check(
                    days: nil, password: nil, information: nil, givesOriginal: false, owner: eve.user)
                _ = try await shares(site).make(request, of: .batch(batch), owner: eve.user.id)
            }
            #expect(try await eve.get("/shares").text.contains("You have shared nothing."))
            #expect(try await shares(site).countOpen(owner: ada.user.id) == 2)
            // Both show the photo: by itself, and with its batch.
            #expect(try await ada.get("/analyses/\(id.lower)").text.contains("Shared by 2 links"))
            #expect(try await ada.get("/batches/\(batch.lower)").text.contains("Shared by 1 link"))
        }
    }

    @Test func programsMakeListAndEndThem() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let batch = UUID()
            let id = try await site.analysis(of: ada.user.id, batch: batch).lower
            let made = try await ada.send(
                .post, "/analyses/\(id)/shares",
                ["days": 90, "password": "kumquat jam for two", "information": "all", "original": true])
            #expect(made.status == .created && made.headers[.cacheControl] == "private, no-store")
            let share = try made.object()
            let url = try #require(share["url"] as? String)
            #expect(url.contains("/s/") && url.hasPrefix("http"))
            #expect(share["state"] as? String == "open" && share["has_password"] as? Bool == true)
            #expect(share["analysis"] as? String == id && share["batch"] is NSNull && share["views"] as? Int == 0)
            let usual = try await ada.send(.post, "/batches/\(batch.lower)/shares", [:]).object()
            #expect(usual["information"] as? String == "title" && usual["original"] as? Bool == false)
            #expect(usual["has_password"] as? Bool == false && usual["batch"] as? String == batch.lower)

            func list(_ path: String) async throws -> [[String: Any]] {
                try #require(try await ada.send(.get, path).object()["shares"] as? [[String: Any]])
            }
            #expect(try await list("/analyses/\(id)/shares").count == 1)
            #expect(try await list("/batches/\(batch.lower)/shares").count == 1)
            #expect(try await list("/shares").count == 2)
            #expect(try await list("/shares").allSatisfy { $0["url"] == nil })
            let first = try await ada.send(.get, "/shares?limit=1").object()
            let next = try #require(first["next"] as? String)
            #expect(try await list("/shares?limit=1&cursor=\(next)").first?["id"] as? String == share["id"] as? String)

            let path = "/shares/\(try #require(share["id"] as? String))"
            for _ in 0..<2 { #expect(try await ada.send(.delete, path).status == .noContent) }
            #expect(try await list("/analyses/\(id)/shares")[0]["state"] as? String == "ended")
            #expect(try await ada.send(.delete, "/shares/\(UUID().lower)").status == .notFound)
            #expect(try await ada.send(.get, "/analyses/\(UUID().lower)/shares").status == .notFound)
            let wrong: [([String: Any], String)] = [
                (["days": 2], "days"), (["days": "7"], "days"), (["password": ""], "password"),
                (["password": "short"], "password"), (["information": "much"], "information"),
                (["original": "yes"], "original"), (["days": 7, "until": "ever"], "until"),
            ]
            for (json, field) in wrong {
                let answer = try await ada.send(.post, "/analyses/\(id)/shares", json)
                #expect(answer.status == .unprocessableContent, "\(json)")
                #expect((try answer.object()["errors"] as? [String: String])?.keys.sorted() == [field])
            }
        }
    }

    @Test func thereAreSoManyAndOnesOfFailuresAreNotMade() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(of: ada.user.id)
            for status in [AnalysisStatus.failed, .cancelled] {
                let other = try await site.analysis(of: ada.user.id, status).lower
                let answer = try await ada.send(.post, "/analyses/\(other)/shares", [:])
                #expect(answer.status == .conflict)
                #expect(try answer.object()["code"] as? String == "no_result")
            }
            try await site.database.execute(
                """
                INSERT INTO shares (id, user_id, analysis_id, token_hash, prefix, information, gives_original, expires_at)
                SELECT gen_random_uuid(), \(ada.user.id), \(id), sha256(n::text::bytea), '', 'title', false,
                    now() + interval '1 day'
                FROM generate_series(1, \(Share.limit - 1)) n
                """)
            try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await ada.send(.post, "/analyses/\(id.lower)/shares", [:]).status }
                }
                var statuses: [Int] = []
                for try await status in group { statuses.append(status.code) }
                #expect(statuses.sorted() == [201, 409, 409, 409])
            }
            // Those that show nothing do not count: what they show is in the bin, or they have ended.
            let others = try await site.analysis(of: ada.user.id)
            #expect(try await ada.send(.post, "/analyses/\(others.lower)/shares", [:]).status == .conflict)
            #expect(try await ada.send(.delete, "/analyses/\(id.lower)").status == .noContent)
            #expect(try await ada.send(.post, "/analyses/\(others.lower)/shares", [:]).status == .created)
            _ = try await ada.send(.post, "/analyses/\(id.lower)/restore")
            #expect(try await ada.send(.post, "/analyses/\(id.lower)/shares", [:]).status == .conflict)
            try await site.database.execute("UPDATE shares SET ended_at = now()")
            #expect(try await ada.send(.post, "/analyses/\(id.lower)/shares", [:]).status == .created)
        }
    }

    @Test func theyGoWithWhatTheyShowAndWithTheAccount() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let visitor = Visitor(site)
            func status(_ link: String) async throws -> Int { try await visitor.get(link).status.code }
            let batch = UUID()
            let one = try await site.analysis(of: ada.user.id)
            let waiting = try await site.analysis(of: ada.user.id, .queued)
            let member = try await site.analysis(of: ada.user.id, batch: batch)
            let links = [
                try await ada.share("/analyses/\(one.lower)"), try await ada.share("/analyses/\(waiting.lower)"),
                try await ada.share("/batches/\(batch.lower)"), try await ada.share("/analyses/\(member.lower)"),
            ]
            for link in links { #expect(try await status(link) == 200) }
            _ = try await site.store.delete(one, owner: ada.user.id)
            #expect(try await status(links[0]) == 404)
            // Cancelled, it is shared no more, also when it is tried again.
            try await site.store.cancel(.some([waiting]), owner: ada.user.id)
            #expect(try await status(links[1]) == 410)
            try await site.store.retry(
                [waiting], owner: ada.user.id, limits: IntakeLimits(maxOpenPerUser: 9, maxOpen: 9))
            #expect(try await status(links[1]) == 410)
            // Nor is it after it was deleted while it waited, put back and tried again.
            let deleted = try await site.analysis(of: ada.user.id, .queued)
            let together = try await site.analysis(of: ada.user.id, .processing, batch: UUID.timeOrdered())
            let sent = try #require(try await site.store.find(together, owner: ada.user.id)?.batchID)
            let former = [
                try await ada.share("/analyses/\(deleted.lower)"), try await ada.share("/analyses/\(together.lower)"),
            ]
            #expect(try await ada.post("/analyses/\(deleted.lower)/delete").status == .seeOther)
            #expect(try await ada.post("/batches/\(sent.lower)/delete").status == .seeOther)
            _ = try await ada.post(
                "/history/bin/restore", [deleted, together].map { ("ids[]", $0.lower) })
            for (id, link) in zip([deleted, together], former) {
                #expect(try await ada.post("/analyses/\(id.lower)/retry").status == .seeOther)
                try await site.finish(id, [Site.face(1, "happy")])
                #expect(try await status(link) == 410)
            }
            try await site.accounts.setDisabled(true, of: ada.user.id)
            #expect(try await status(links[3]) == 410)
            try await site.accounts.setDisabled(false, of: ada.user.id)
            #expect(try await status(links[3]) == 200)
            try await site.accounts.delete(ada.user.id)
            for link in links { #expect(try await status(link) == 404) }
            #expect(try await site.database.first("SELECT count(*) FROM shares")?.decode(Int.self) == 0)
        }
    }

    @Test func thoseToWhatIsInTheBinSaySo() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let token = try await site.accounts.makeToken(for: ada.user.id, .named("tests")).text
            let program = Program(site: site, user: ada.user, token: token)
            let batch = UUID.timeOrdered()
            let about = AnalysisInformation(title: "On the roof")
            let id = try await site.analysis(of: ada.user.id, about: about)
            try await site.analysis(of: ada.user.id, batch: batch)
            let links = [
                try await ada.share("/analyses/\(id.lower)"), try await ada.share("/batches/\(batch.lower)"),
            ]
            func states() async throws -> [String] {
                let shares = try await program.send(.get, "/shares").object()["shares"] as? [[String: Any]]
                return (shares ?? []).compactMap { $0["state"] as? String }
            }
            let before = try await ada.get("/shares").text
            #expect(before.contains("On the roof") && before.contains("Trip") && before.contains("works until"))
            #expect(try await states() == ["open", "open"])
            for path in ["/analyses/\(id.lower)", "/batches/\(batch.lower)"] {
                #expect(try await program.send(.delete, path).status == .noContent)
            }
            let page = try await ada.get("/shares").text
            #expect(page.contains("A photo in the bin</a>") && page.contains("Photos in the bin</a>"))
            #expect(page.contains("shows nothing while that is there") && !page.contains("works until"))
            for words in ["On the roof", "Trip", id.lower, batch.lower] { #expect(!page.contains(words), "\(words)") }
            #expect(try await states() == ["in_bin", "in_bin"])
            #expect(try await shares(site).countOpen(owner: ada.user.id) == 0)
            for link in links { #expect(try await Visitor(site).get(link).status == .notFound) }
            // Put back they show again what they did; and they can be ended before.
            let listed = try await shares(site).shares(of: ada.user.id, before: nil, limit: 9).items
            let ended = try #require(listed.first { $0.share.subject.batch != nil }).share.id
            #expect(try await ada.post("/shares/\(ended.lower)/end").status == .seeOther)
            #expect(try await program.send(.post, "/batches/\(batch.lower)/restore").status == .ok)
            #expect(try await program.send(.post, "/analyses/\(id.lower)/restore").status == .ok)
            #expect(try await states() == ["ended", "open"])
            #expect(try await ada.get("/shares").text.contains("On the roof"))
            #expect(try await Visitor(site).get(links[0]).status == .ok)
            #expect(try await Visitor(site).get(links[1]).status == .gone)
        }
    }

    @Test func thoseThatEndedLongAgoAreSwept() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id)
            for _ in 0..<4 { _ = try await ada.share("/analyses/\(id.lower)") }
            for (number, change) in [
                "ended_at = now() - interval '31 days'", "expires_at = now() - interval '31 days'",
                "ended_at = now() - interval '29 days'",
            ].enumerated() {
                try await site.database.execute(
                    """
                    UPDATE shares SET \(unescaped: change)
                    WHERE id = (SELECT id FROM shares ORDER BY created_at, id OFFSET \(number) LIMIT 1)
                    """)
            }
            let sweeper = RetentionSweeper(
                database: site.database, retentionDays: 0, auditDays: 1, logger: Logger(label: "tests"))
            try await sweeper.sweep()
            let left = try await shares(site).shares(of: ada.user.id, before: nil, limit: 9).items.map {
                $0.share.state()
            }
            #expect(left == [.open, .ended])
        }
    }

    @Test func theExportHasThemWithoutWhatOpensThem() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id)
            let link = try await ada.share("/analyses/\(id.lower)")
            let exported = try await shares(site).exported(of: ada.user.id)
            let document = try await site.accounts.document(
                of: ada.user, webhooks: [], links: exported, secondFactor: nil)
            let json = String(decoding: document, as: UTF8.self)
            #expect(
                json.contains("\"shows\" : \"analyses/\(id.lower)\"") && !json.contains(link.dropFirst(3).prefix(9)))
            #expect(try await ada.get("/account/export.zip").status == .ok)
            #expect(try await ada.get("/account/delete").text.contains("ends the links by which you shared them"))
        }
    }

    @Test func anOperatorSwitchesSharingOff() async throws {
        let id = UUID()
        try await Site.run(["MIEN_SHARING": "off"]) { site in
            let ada = try await site.person()
            let analysis = try await site.analysis(of: ada.user.id)
            let path = "/analyses/\(analysis.lower)"
            #expect(!(try await ada.get(path).text.contains(">Share<")))
            #expect(try await ada.post("\(path)/shares").status == .forbidden)
            let token = RandomToken.make()
            try await site.database.execute(
                """
                INSERT INTO shares (id, user_id, analysis_id, token_hash, prefix, information, gives_original, expires_at)
                VALUES (\(id), \(ada.user.id), \(analysis), \(token.hash), 'x', 'title', false, now() + interval '1 day')
                """)
            let page = try await Visitor(site).get(SharedLink.address(token.text))
            #expect(page.status == .notFound && page.text.contains("This site shares nothing"))
            #expect(page.headers[HTTPField.Name("Referrer-Policy")!] == "no-referrer")
            // Those that are there can be seen and ended.
            #expect(try await ada.get("/shares").text.contains("has switched shared links off"))
            #expect(try await ada.post("/shares/\(id.lower)/end").status == .seeOther)
        }
    }
}
