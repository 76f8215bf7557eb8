import Contracts
import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import Postgres
import Synchronization
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations
@testable import Reports

/// What people delete: hidden at once, put back for some days, and gone after them.
@Suite struct BinTests {
    private func undo(_ answer: TestResponse) throws -> String {
        let location = try #require(answer.headers[.location])
        return String(try #require(location.firstMatch(of: /undo=([0-9]+)/)).1)
    }

    private func binned(_ site: Site, _ person: User) async throws -> [UUID] {
        try await site.store.bin(owner: person.id, limit: 100).items.map(\.id)
    }

    private func sweeper(_ site: Site, retentionDays: Int = 0, binDays: Int = 30) -> RetentionSweeper {
        RetentionSweeper(
            database: site.database, retentionDays: retentionDays, binDays: binDays, auditDays: 365,
            logger: Logger(label: "tests"))
    }

    /// Emptied by time, as an old one, and by its owner.
    @Test(arguments: [0, 1, 2]) func aBatchThatGetsAPhotoStays(_ way: Int) async throws {
        try await Site.run { site in
            let ada = try await site.person().user
            let batch = try await site.store.makeBatch(title: "Trip", owner: ada.id).id
            try await site.database.execute(
                """
                UPDATE batches SET created_at = now() - interval '90 days',
                    binned_at = CASE WHEN \(way) <> 1 THEN now() - interval '90 days' END
                """)
            let photo = try Site.sample()
            let submission = Submission(
                owner: ada.id, lane: .bulk, information: AnalysisInformation(),
                batch: BatchReference(id: batch, title: "Trip"), fileName: "a.jpg", contentType: "image/jpeg",
                byteCount: photo.count, bytes: { photo }, requestID: "test")
            let id = UUID.timeOrdered()
            let isOver = Atomic(false)
            let deleting = try await site.database.withTransaction { connection in
                try await submission.batch?.join(connection, owner: ada.id, limit: 9)
                try await connection.execute(AnalysisLifecycle.submitted(submission, id: id))
                let deleting = Task {
                    if way == 2 {
                        _ = try await site.store.emptyBin(owner: ada.id)
                    } else {
                        try await sweeper(site, retentionDays: way == 1 ? 30 : 0).sweep()
                    }
                    isOver.store(true, ordering: .relaxed)
                }
                // It is over, or waits for the upload.
                let deadline = ContinuousClock.now + .seconds(20)
                while !isOver.load(ordering: .relaxed), ContinuousClock.now < deadline {
                    let waiting = try await site.database.first(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    )
                    if try waiting?.decode(Int.self) ?? 0 > 0 { break }
                    try await Task.sleep(for: .milliseconds(5))
                }
                return deleting
            }
            try await deleting.value
            #expect(try await site.store.find(id, owner: ada.id)?.batchID == batch)
            #expect(try await site.store.batch(batch, owner: ada.id)?.analyses.map(\.id) == [id])
        }
    }

    @Test func whatIsDeletedIsSeenNowhereButInItsOwnersBin() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let batch = UUID.timeOrdered()
            let about = AnalysisInformation(title: "Hidden", tags: ["unspoken"])
            let id = try await site.analysis(
                of: ada.user.id, faces: [Site.face(1, "happy")], about: about, batch: batch)
            let kept = try await site.analysis(of: ada.user.id, batch: batch)
            let token = try await site.accounts.makeToken(for: ada.user.id, .named("tests")).text
            let program = Program(site: site, user: ada.user, token: token)
            let pages = [
                "/analyses", "/analyses?q=hidden", "/analyses?order=oldest", "/analyses?order=taken", "/analyses.csv",
                "/home", "/analyses/\(kept.lower)", "/batches/\(batch.lower)", "/batches/\(batch.lower).csv", "/shares",
            ]
            _ = try await ada.share("/analyses/\(id.lower)")
            #expect(try await ada.get("/account/data").text.contains("You share by 1 link. Whoever has a link sees"))
            for page in pages {
                let text = try await ada.get(page).text
                #expect(text.contains(id.lower), "\(page) had it, or this proves nothing")
            }
            let answer = try await ada.post("/analyses/\(id.lower)/delete")
            #expect(answer.headers[.location]?.hasPrefix("/analyses?done=delete-1&undo=") == true)
            for page in pages {
                let text = try await ada.get(page).text
                #expect(!text.contains(id.lower) && !text.contains("Hidden"), "\(page)")
                #expect(!text.contains("unspoken"), "\(page)")
            }
            #expect(try await ada.get("/account/data").text.contains("You share nothing now."))
            for path in [
                "", ".json", ".pdf", "/photo", "/annotated.jpg", "/clean.jpg", "/thumbnail.jpg", "/full.jpg",
                "/faces/1/why.png",
            ] {
                #expect(try await ada.get("/analyses/\(id.lower)\(path)").status == .notFound, "\(path)")
            }
            for path in ["", "/photo", "/annotated", "/clean", "/thumbnail", "/full", "/report"] {
                #expect(try await program.send(.get, "/analyses/\(id.lower)\(path)").status == .notFound, "\(path)")
            }
            #expect(try await program.send(.patch, "/analyses/\(id.lower)", ["title": "x"]).status == .notFound)
            let correction = "/analyses/\(id.lower)/faces/1/correction"
            #expect(try await program.send(.put, correction, ["look": "sad"]).status == .notFound)
            for act in ["retry", "cancel", "information", "delete"] {
                #expect(try await ada.post("/analyses/\(id.lower)/\(act)").status == .notFound, "\(act)")
            }
            for action in ["csv", "zip"] {
                let saved = try await ada.post("/analyses/selected", [("ids[]", id.lower), ("action", action)])
                #expect(!saved.bytes.contains(id.lower.utf8), "\(action)")
            }
            #expect(try await program.send(.get, "/analyses").ids() == [kept.lower])
            let progress = try await program.send(.get, "/batches").object()["batches"] as? [[String: Any]]
            #expect((progress?.first?["progress"] as? [String: Int])?["finished"] == 1)
            #expect(try await site.store.count(owner: ada.user.id) == 1)
            #expect(try await site.store.count(owner: ada.user.id, filter: HistoryFilter()).byLook == ["none": 1])
            #expect(try await site.store.spans(owner: ada.user.id, days: 30).now.photos == 1)
            #expect(try await site.accounts.monthlyCounts(of: ada.user).last?.finished == 1)
            #expect(try await ada.counts() == (2, 0), "they count what was analysed")

            let bin = try await ada.get("/history/bin")
            #expect(
                bin.text.contains("Hidden") && bin.text.contains("Gone in 30 days") && bin.text.contains("1 photo,"))
            #expect(!bin.text.contains(kept.lower))
            let thumbnail = "/history/bin/\(id.lower)/thumbnail.jpg"
            #expect(bin.text.contains(thumbnail))
            let picture = try await ada.get(thumbnail)
            #expect(try picture.status == .ok && picture.bytes == Site.sample())
            #expect(picture.headers[.cacheControl] == "private, no-store")
            #expect(try await ada.get("/history/bin/\(kept.lower)/thumbnail.jpg").status == .notFound)
            #expect(try await program.send(.get, "/analyses?in_bin=true").ids() == [id.lower])
            #expect(try await program.send(.get, "/analyses?in_bin=true&q=other").ids() == [])
            let document =
                try await program.send(.get, "/analyses?in_bin=true").object()["analyses"] as? [[String: Any]]
            #expect(document?.first?["binned_at"] is String)

            #expect(try await eve.get(thumbnail).status == .notFound)
            #expect(try await !eve.get("/history/bin").text.contains(id.lower))
            let visitor = try await site.client.executeRequest(uri: thumbnail, method: .get, headers: [:], body: nil)
            #expect(visitor.status == .notFound)
        }
    }

    @Test func whatWasDeletedIsUndoneWithOneButton() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let first = try await site.analysis(of: ada.user.id)
            let ids = [try await site.analysis(of: ada.user.id), try await site.analysis(of: ada.user.id, .failed)]
            _ = try await ada.post("/analyses/\(first.lower)/delete")
            let fields = ids.map { ("ids[]", $0.lower) } + [("action", "delete"), ("here", "/analyses?order=oldest")]
            let answer = try await ada.post("/analyses/selected", fields)
            let location = try #require(answer.headers[.location])
            #expect(location.hasPrefix("/analyses?order=oldest&done=delete-2&undo="))
            let page = try await ada.get(location).text
            #expect(page.contains("2 photos deleted.") && page.contains(">Undo</button>"))
            let act = try undo(answer)
            let back = try await ada.post("/history/bin/restore", [("act", act), ("here", "/analyses?order=oldest")])
            #expect(back.headers[.location] == "/analyses?order=oldest&done=restore-2")
            #expect(try await ada.get("/analyses?done=restore-2").text.contains("2 photos put back."))
            #expect(try await binned(site, ada.user) == [first], "what was deleted before stays so")
            #expect(try await ada.counts() == (2, 1))
            let twice = try await ada.post("/history/bin/restore", [("act", act)])
            #expect(twice.headers[.location] == "/analyses?done=restore-0")
            // Putting back is said without a second undo, and so is what an address makes up.
            for query in ["done=restore-2&undo=1", "done=delete-2&undo=x", "done=burn-2", "done=delete-x"] {
                #expect(try await !ada.get("/analyses?\(query)").text.contains(">Undo</button>"), "\(query)")
            }
            #expect(try await ada.post("/history/bin/restore", [("act", "yesterday")]).status == .badRequest)
        }
    }

    @Test func whatWaitsIsCancelledFirstAndNoLateResultRevivesIt() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let waiting = try await site.analysis(of: ada.user.id, .queued)
            let processing = try await site.analysis(of: ada.user.id, .processing)
            let fields = [waiting, processing].map { ("ids[]", $0.lower) } + [("action", "delete")]
            #expect(try await ada.post("/analyses/selected", fields).status == .seeOther)
            let outbox = try await site.database.first("SELECT count(*) FROM outbox WHERE kind = 'job'")
            #expect(try outbox?.decode(Int.self) == 0, "their jobs are taken back")
            for id in [waiting, processing] {
                #expect(try await site.store.claim(id, generation: 1) == .gone)
                for result in [ResultMessage.happy(id, generation: 1), .damaged(id, generation: 1)] {
                    #expect(try await site.recorder.record([result]) == [.ignored])
                }
            }
            #expect(try await site.store.publishLost(after: -1) == 0)
            #expect(try await ada.counts() == (0, 0))
            #expect(try await binned(site, ada.user).count == 2)
            // Nor is it tried again from there, by whoever.
            let limits = IntakeLimits(maxOpenPerUser: 9, maxOpen: 9)
            #expect(try await site.store.retry([waiting], owner: ada.user.id, limits: limits) == 0)
            // Put back it is cancelled, and can be.
            let back = try await ada.post("/history/bin/restore", [("ids[]", waiting.lower)])
            #expect(back.headers[.location] == "/history/bin?done=restore-1")
            #expect(try await site.store.find(waiting, owner: ada.user.id)?.status == .cancelled)
            #expect(try await site.store.retry([waiting], owner: ada.user.id, limits: limits) == 1)
            #expect(try await site.store.claim(waiting, generation: 1) == .gone)
            #expect(try await site.recorder.record([.happy(waiting, generation: 2)]) == [.recorded])
            #expect(try await ada.counts() == (1, 0))
        }
    }

    @Test func nobodyElseReachesIntoABin() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let batch = UUID.timeOrdered()
            let id = try await site.analysis(of: ada.user.id, batch: batch)
            let kept = try await site.analysis(of: ada.user.id)
            let act = try undo(try await ada.post("/analyses/\(id.lower)/delete"))
            let program = try await Program(site)
            for fields in [[("ids[]", id.lower)], [("one", id.lower)], [("act", act)]] {
                let answer = try await eve.post("/history/bin/restore", fields)
                #expect(answer.headers[.location]?.hasSuffix("done=restore-0") == true)
            }
            #expect(try await program.send(.post, "/analyses/\(id.lower)/restore").status == .notFound)
            #expect(try await program.send(.post, "/batches/\(batch.lower)/restore").status == .notFound)
            #expect(try await program.send(.delete, "/analyses/\(id.lower)?permanent=true").status == .notFound)
            #expect(try await program.send(.delete, "/batches/\(batch.lower)?permanent=true").status == .notFound)
            #expect(try await eve.post("/batches/\(batch.lower)/delete").status == .notFound)
            let purged = try await eve.post("/history/bin/delete", [("ids[]", id.lower)])
            #expect(purged.headers[.location] == "/history/bin?done=purge-0")
            #expect(try await eve.post("/history/bin/empty").headers[.location] == "/history/bin?done=purge-0")
            let chosen = try await eve.post("/analyses/selected", [("ids[]", kept.lower), ("action", "delete")])
            #expect(chosen.headers[.location] == "/analyses?done=delete-0")
            #expect(try await binned(site, ada.user) == [id])
            #expect(try await binned(site, eve.user) == [])
            // Nor a form that another site made a browser send.
            for path in ["restore", "delete", "empty"] {
                let forged = try await site.client.executeRequest(
                    uri: "/history/bin/\(path)", method: .post,
                    headers: [.cookie: ada.cookie, .contentType: "application/x-www-form-urlencoded"],
                    body: ByteBuffer(string: "ids[]=\(id.lower)"))
                #expect(forged.status == .forbidden)
            }
            // What is not in the bin cannot be deleted there.
            _ = try await ada.post("/history/bin/delete", [("ids[]", kept.lower), ("ids[]", id.lower)])
            #expect(try await site.store.find(kept, owner: ada.user.id) != nil)
            #expect(try await binned(site, ada.user) == [])
        }
    }

    @Test func theBinIsEmptiedByItsOwnerAndByTime() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            var ids: [UUID] = []
            for _ in 0..<4 { ids.append(try await site.analysis(of: ada.user.id)) }
            _ = try await site.store.remove(.some(ids), owner: ada.user.id, binDays: 30)
            #expect(try await site.store.binFigures(owner: ada.user.id).photos == 4)
            let storage = try await OperationsStore(database: site.database).storage(
                disk: DiskSpace(path: "/", minFreeMB: 0))
            #expect(try storage?.bin == BinFigures(photos: 4, bytes: 4 * Site.sample().count))
            try await site.database.execute(
                "UPDATE analyses SET binned_at = now() - interval '29 days 23 hours' WHERE id = \(ids[0])")
            #expect(try await ada.get("/history/bin").text.contains("Gone within a day"))
            #expect(try await sweeper(site).sweep() == 0)
            try await site.database.execute(
                "UPDATE analyses SET binned_at = binned_at - interval '2 hours' WHERE id = \(ids[0])")
            #expect(try await sweeper(site).sweep() == 1)
            // What was to be kept for less goes by that, in the bin too.
            try await site.database.execute(
                "UPDATE analyses SET finished_at = now() - interval '8 days' WHERE id = \(ids[1])")
            #expect(try await sweeper(site, retentionDays: 7).sweep() == 1)
            try await site.database.execute(
                "UPDATE analyses SET finished_at = now() - interval '8 days', delete_after = 7 WHERE id = \(ids[2])")
            #expect(try await sweeper(site).sweep() == 1)
            #expect(try await ada.post("/history/bin/empty").headers[.location] == "/history/bin?done=purge-1")
            #expect(try await ada.get("/history/bin?done=purge-1").text.contains("1 photo deleted for good."))
            for table in ["analyses", "photos", "previews"] {
                let left = try await site.database.first("SELECT count(*) FROM \(unescaped: table)")
                #expect(try left?.decode(Int.self) == 0, "\(table)")
            }
            #expect(try await ada.counts() == (4, 0))
        }
    }

    @Test func thePortionsOfASweepEmptyALargeBin() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            try await site.database.execute(
                AnalysisLifecycle.madeUp(
                    [
                        "id", "user_id", "status", "lane", "file_name", "content_type", "photo_bytes", "request_id",
                        "finished_at", "binned_at",
                    ],
                    """
                    SELECT gen_random_uuid(), \(ada.user.id), 'cancelled', 'bulk', 'a.jpg', 'image/jpeg', 1, 'r', now(),
                        now() - interval '31 days' FROM generate_series(1, 901)
                    """))
            try await site.database.execute(
                "UPDATE analyses SET binned_at = now() WHERE id = (SELECT min(id::text)::uuid FROM analyses)")
            #expect(try await sweeper(site).sweep() == 900)
            #expect(try await site.store.emptyBin(owner: ada.user.id) == 1)
        }
    }

    @Test func withoutABinDeletingIsForGood() async throws {
        try await Site.run(["MIEN_BIN_DAYS": "0"]) { site in
            let ada = try await site.person()
            let ids = [try await site.analysis(of: ada.user.id), try await site.analysis(of: ada.user.id, .queued)]
            #expect(try await ada.get("/analyses/\(ids[0].lower)").text.contains("gone for good"))
            let answer = try await ada.post("/analyses/\(ids[0].lower)/delete")
            #expect(answer.headers[.location] == "/analyses?done=delete-1")
            let chosen = try await ada.post("/analyses/selected", [("ids[]", ids[1].lower), ("action", "delete")])
            #expect(chosen.headers[.location] == "/analyses?done=delete-1")
            let left = try await site.database.first("SELECT count(*) FROM analyses")
            #expect(try left?.decode(Int.self) == 0)
            #expect(try await ada.get("/history/bin").text.contains("gone at once"))
            // What an earlier setting kept goes with the next sweep.
            let old = try await site.analysis(of: ada.user.id)
            _ = try await site.store.remove(.some([old]), owner: ada.user.id, binDays: 30)
            #expect(try await sweeper(site, binDays: 0).sweep() == 1)
        }
    }

    @Test func programsDeleteRestoreAndDeleteForGood() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "sad")]).lower
            #expect(try await ada.send(.delete, "/analyses/\(id)").status == .noContent)
            #expect(try await ada.send(.delete, "/analyses/\(id)").status == .notFound)
            #expect(try await ada.send(.get, "/analyses/\(id)").status == .notFound)
            for _ in 0..<2 {
                let back = try await ada.send(.post, "/analyses/\(id)/restore")
                #expect(back.status == .ok)
                #expect(try back.object()["dominant"] as? String == "sad")
                #expect(try back.object()["binned_at"] == nil)
            }
            #expect(try await ada.send(.get, "/analyses").ids() == [id])
            for query in ["permanent=yes", "forever=true"] {
                #expect(try await ada.send(.delete, "/analyses/\(id)?\(query)").status == .badRequest)
            }
            #expect(try await ada.send(.get, "/analyses?in_bin=maybe").status == .badRequest)
            #expect(try await ada.send(.delete, "/analyses/\(id)?permanent=false").status == .noContent)
            #expect(try await ada.send(.delete, "/analyses/\(id)?permanent=true").status == .noContent)
            #expect(try await ada.send(.post, "/analyses/\(id)/restore").status == .notFound)
            #expect(try await ada.send(.post, "/analyses/\(UUID().lower)/restore").status == .notFound)
            let events = try await site.database.query(
                "SELECT event || ' ' || detail FROM audit_log WHERE event LIKE 'analysis%' ORDER BY id"
            )
            .map { try $0.decode(String.self) }
            let acts = ["analysis_binned", "analysis_restored", "analysis_binned", "analysis_deleted"]
            #expect(events == acts.map { "\($0) \(id)" }, "as the id stands in addresses")
        }
    }

    @Test func aBatchGoesAndComesBackWithItsPhotos() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let token = try await site.accounts.makeToken(for: ada.user.id, .named("tests")).text
            let program = Program(site: site, user: ada.user, token: token)
            let batch = UUID.timeOrdered()
            let path = "/batches/\(batch.lower)"
            let ids = [
                try await site.analysis(of: ada.user.id, batch: batch),
                try await site.analysis(of: ada.user.id, .queued, batch: batch),
            ]
            #expect(try await ada.get(path).text.contains("Delete 2 photos?"))
            let answer = try await ada.post("\(path)/delete")
            #expect(answer.headers[.location]?.hasPrefix("/analyses?done=delete-2&undo=") == true)
            #expect(try await ada.get(path).status == .notFound)
            #expect(try await program.send(.get, path).status == .notFound)
            #expect((try await program.send(.get, "/batches").object()["batches"] as? [Any])?.isEmpty == true)
            #expect(try await ada.post("\(path)/delete").status == .notFound)
            _ = try await ada.post("/history/bin/restore", [("act", try undo(answer))])
            #expect(try await ada.get(path).text.contains("1 cancelled"))

            #expect(try await program.send(.delete, path).status == .noContent)
            for _ in 0..<2 {
                let back = try await program.send(.post, "\(path)/restore").object()
                #expect((back["analyses"] as? [Any])?.count == 2)
            }
            // One of its photos brings it back too.
            #expect(try await program.send(.delete, path).status == .noContent)
            #expect(try await program.send(.post, "/analyses/\(ids[0].lower)/restore").status == .ok)
            #expect((try await program.send(.get, path).object()["analyses"] as? [Any])?.count == 1)
            // For good, with what lies in the bin.
            #expect(try await program.send(.delete, "\(path)?permanent=true").status == .noContent)
            let left = try await site.database.first(
                "SELECT (SELECT count(*) FROM analyses), (SELECT count(*) FROM batches)")
            #expect(try #require(left?.decode((Int, Int).self)) == (0, 0))
            // One without photos as well; and time takes it.
            let empty = try await program.send(.post, "/batches", ["title": "Empty"]).object()["id"] as? String ?? ""
            #expect(try await program.send(.delete, "/batches/\(empty)").status == .noContent)
            #expect(try await program.send(.get, "/batches/\(empty)").status == .notFound)
            try await site.database.execute("UPDATE batches SET binned_at = now() - interval '31 days'")
            _ = try await sweeper(site).sweep()
            let batches = try await site.database.first("SELECT count(*) FROM batches")
            #expect(try batches?.decode(Int.self) == 0)
        }
    }

    /// How a photo is deleted.
    enum Way: CaseIterable {
        case toTheBin, withoutABin, byAProgramForGood
    }

    @Test(arguments: Way.allCases) func theLastOpenPhotoOfABatchThatIsDeletedEndsTheBatch(_ way: Way) async throws {
        try await Site.run(way == .withoutABin ? ["MIEN_BIN_DAYS": "0"] : [:]) { site in
            let ada = try await site.person()
            let token = try await site.accounts.makeToken(for: ada.user.id, .named("tests")).text
            let program = Program(site: site, user: ada.user, token: token)
            let batch = UUID.timeOrdered()
            try await site.database.execute(
                """
                INSERT INTO webhook_endpoints (id, user_id, url, events, secret)
                VALUES (\(UUID()), \(ada.user.id), 'https://example.org/', '{batch.finished}', 'whsec_')
                """)
            try await site.analysis(of: ada.user.id, batch: batch)
            let open = try await site.analysis(of: ada.user.id, .queued, batch: batch)
            if way == .byAProgramForGood {
                let path = "/analyses/\(open.lower)?permanent=true"
                #expect(try await program.send(.delete, path).status == .noContent)
            } else {
                #expect(try await ada.post("/analyses/\(open.lower)/delete").status == .seeOther)
            }
            let told = try await site.database.query(
                "SELECT body::jsonb->'data'->>'finished', body::jsonb->'data'->>'cancelled' FROM webhook_deliveries"
            ).map { try $0.decode((String, String).self) }
            #expect(
                told.count == 1 && told.first?.0 == "1" && told.first?.1 == "0", "what is deleted is not told of")
            // A batch that goes as a whole has nothing to tell, and neither has one of which nothing is left.
            let alone = UUID.timeOrdered()
            try await site.analysis(of: ada.user.id, .queued, batch: alone)
            if way == .byAProgramForGood {
                let path = "/batches/\(alone.lower)?permanent=true"
                #expect(try await program.send(.delete, path).status == .noContent)
            } else {
                _ = try await ada.post("/batches/\(alone.lower)/delete")
            }
            let only = try await site.analysis(of: ada.user.id, .queued, batch: UUID.timeOrdered())
            _ = try await program.send(.delete, "/analyses/\(only.lower)?permanent=true")
            let all = try await site.database.first("SELECT count(*) FROM webhook_deliveries")
            #expect(try all?.decode(Int.self) == 1)
        }
    }

    @Test func operatorsAndCopiesOfThePhotoPassOverIt() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let operations = OperationsStore(database: site.database)
            let failed = try await site.analysis(of: ada.user.id, .failed)
            #expect(try await operations.failureGroups().count == 1)
            let photo = try Site.sample()
            let first = try #require(try await ada.sendForm([("a.jpg", photo)]).ids().first)
            let second = try #require(try await ada.sendForm([("a.jpg", photo)]).ids().first)
            #expect(try await ada.send(.get, "/analyses/\(second)").object()["duplicate_of"] as? String == first)
            #expect(try await ada.send(.delete, "/analyses/\(failed.lower)").status == .noContent)
            #expect(try await operations.failureGroups().isEmpty)
            #expect(try await operations.newestFailures(limit: 9).isEmpty)
            #expect(try await operations.failures(.one(failed)).isEmpty)
            #expect(try await operations.jobs(.failed).isEmpty)
            for id in [first, second] { #expect(try await ada.send(.delete, "/analyses/\(id)").status == .noContent) }
            let third = try await ada.sendForm([("a.jpg", photo)], ["if_duplicate": "return"])
            #expect(Set(try third.ids()).isDisjoint(with: [first, second]))
            let document = (try third.object()["analyses"] as? [[String: Any]])?.first
            #expect(document?["duplicate_of"] == nil)
            // Back again, the copy points at the first.
            for id in [first, second] { _ = try await ada.send(.post, "/analyses/\(id)/restore") }
            #expect(try await ada.send(.get, "/analyses/\(second)").object()["duplicate_of"] as? String == first)
        }
    }

    @Test func whatIsInTheBinTrainsNoModel() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            let said: [String: Any] = ["look": "sad", "may_train": true]
            #expect(try await ada.send(.put, "/analyses/\(id.lower)/faces/1/correction", said).status == .ok)
            let model = ModelReference(name: "mien-inception-s", version: "1.0.0")
            #expect(try await site.store.consentedPhoto(after: nil) != nil)
            #expect(try await site.store.correctionFigures(of: model).count == 1)
            #expect(try await ada.send(.delete, "/analyses/\(id.lower)").status == .noContent)
            #expect(try await site.store.consentedPhoto(after: nil) == nil)
            #expect(try await site.store.correctionFigures(of: model).isEmpty)
            // Nor does what goes with its account.
            #expect(try await ada.send(.post, "/analyses/\(id.lower)/restore").status == .ok)
            #expect(try await site.store.consentedPhoto(after: nil) != nil)
            try await site.accounts.leave(ada.user.id)
            #expect(try await site.store.consentedPhoto(after: nil) == nil)
        }
    }

    @Test func theBinIsPagedAndListedAsItWasDeleted() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            var ids: [String] = []
            for _ in 0..<5 {
                let id = try await site.analysis(of: ada.user.id).lower
                #expect(try await ada.send(.delete, "/analyses/\(id)").status == .noContent)
                ids.append(id)
            }
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await ada.send(
                    .get, "/analyses?in_bin=true&limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
                seen += try page.ids()
                cursor = try page.object()["next"] as? String
            } while cursor != nil
            #expect(seen == ids.reversed())
        }
    }
}
