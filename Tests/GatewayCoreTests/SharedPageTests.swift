import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Sharing

/// What people see who were given a link.
@Suite struct SharedPageTests {
    private static let about = AnalysisInformation(
        title: "صورة على السطح", subject: "Grace Hopper", notes: "A private word.", tags: ["harbour"],
        takenAt: "2020-05-04T10:20")

    /// The answers of all addresses of a link to one result, by what is behind its path.
    private func everything(_ link: String, _ id: UUID, _ visitor: Visitor) async throws -> [String: TestResponse] {
        var answers: [String: TestResponse] = [:]
        for rest in [
            "", ".json", "/all.json", "/\(id.lower).json", "/\(id.lower).pdf", "/\(id.lower)/annotated.jpg",
            "/\(id.lower)/clean.jpg",
            "/\(id.lower)/thumbnail.jpg",
        ] {
            answers[rest.replacing(id.lower, with: "ID")] = try await visitor.get(link + rest)
        }
        return answers
    }

    @Test func theResultIsSeenWithoutAnAccountAndNotWhoseItIs() async throws {
        try await Site.run { site in
            let ada = try await site.person("Ada Lovelace")
            let id = try await site.analysis(
                of: ada.user.id, faces: [Site.face(1, "happy"), Site.face(2, "sad")], about: Self.about, batch: UUID())
            _ = try await site.store.correct(id, face: 1, as: .fear, mayTrain: true, owner: ada.user.id)
            let box = FaceResult.Box(x: 300, y: 300, width: 60, height: 70)
            _ = try await site.store.markFace(id, box, as: .surprise, mayTrain: true, owner: ada.user.id)
            let link = try await ada.share("/analyses/\(id.lower)")
            let visitor = Visitor(site)
            try await site.annotate(id, owner: ada.user.id)
            let answers = try await everything(link, id, visitor)
            let batch = try #require(try await site.store.find(id, owner: ada.user.id)?.batchID)
            for (path, answer) in answers {
                #expect(answer.status == .ok, "\(path)")
                #expect(answer.headers[.cacheControl] == "private, no-store", "\(path)")
                #expect(answer.headers[HTTPField.Name("X-Robots-Tag")!] == "noindex, nofollow", "\(path)")
                #expect(answer.headers[HTTPField.Name("Referrer-Policy")!] == "no-referrer", "\(path)")
                #expect(answer.headers[values: .setCookie] == [], "\(path)")
                let text = path.hasSuffix(".pdf") ? try pdfText(answer.bytes) : answer.text
                for secret in [
                    "Lovelace", ada.user.email, ada.user.id.lower, "IMG_2041", batch.lower, "Grace Hopper",
                    "A private word", "harbour", "2020-05-04",
                ] {
                    #expect(!text.contains(secret), "\(path) has \(secret)")
                }
            }
            let page = try #require(answers[""]).text
            #expect(page.contains("<meta name=\"robots\" content=\"noindex, nofollow\">"))
            #expect(page.contains("<h1 dir=\"auto\">صورة على السطح</h1>"))
            #expect(page.contains("appears happy, 87") && page.contains("Corrected by hand: afraid"))
            #expect(page.contains("Marked by hand: appears surprised"))
            for part in ["Log in", "Correct<", "Mark a missed", "<form", "You said", "marked by you", "/analyses/"] {
                #expect(!page.contains(part), "\(part)")
            }
            let json = try #require(answers["/ID.json"]).object()
            #expect(json["title"] as? String == Self.about.title && json["batch"] == nil)
            let face = try #require((json["faces"] as? [[String: Any]])?.first)
            let said = try #require(face["correction"] as? [String: Any])
            #expect(said["look"] as? String == "fear" && said["may_train"] as? Bool == false)
            #expect(answers[".json"]?.text == answers["/ID.json"]?.text)
            #expect(answers["/all.json"]?.text == answers["/ID.json"]?.text)
            #expect(try pdfText(try #require(answers["/ID.pdf"]).bytes).contains("Corrected by hand: afraid"))
            // The photo itself was not offered, and changing it has no address.
            #expect(try await visitor.get("\(link)/\(id.lower)/photo").status == .notFound)
            #expect(!page.contains("As it was sent"))
            #expect(try await visitor.get("/analyses/\(id.lower)").status == .seeOther)
        }
    }

    @Test(arguments: SharedInformation.allCases) func whatIsToldIsWhatWasChosen(
        _ information: SharedInformation
    ) async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, about: Self.about)
            let link = try await ada.share("/analyses/\(id.lower)", [("information", information.rawValue)])
            let answers = try await everything(link, id, Visitor(site))
            for path in ["", "/ID.json", "/ID.pdf"] {
                let answer = try #require(answers[path])
                let text = path == "/ID.pdf" ? try pdfText(answer.bytes) : answer.text
                if path != "/ID.pdf" {
                    #expect(text.contains(Self.about.title) == (information != .nothing), "\(path)")
                }
                for word in ["Grace Hopper", "A private word.", "harbour"] {
                    #expect(text.contains(word) == (information == .all), "\(path): \(word)")
                }
                #expect(!text.contains("IMG_2041"), "\(path)")
            }
        }
    }

    @Test func aPhotoWithoutATitleHasNotItsFileName() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, about: AnalysisInformation())
            let link = try await ada.share("/analyses/\(id.lower)", [("information", "all")])
            for (path, answer) in try await everything(link, id, Visitor(site)) {
                #expect(!answer.text.contains("IMG_2041"), "\(path)")
            }
            #expect(try await Visitor(site).get(link).text.contains("<h1 dir=\"auto\">Shared photo</h1>"))
        }
    }

    @Test func whatHasEndedSaysSoAndShowsNothing() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id)
            let visitor = Visitor(site)
            for change in ["ended_at = now()", "expires_at = now() - interval '1 second'"] {
                let link = try await ada.share("/analyses/\(id.lower)")
                try await site.database.execute("UPDATE shares SET \(unescaped: change)")
                for (path, answer) in try await everything(link, id, visitor) {
                    #expect(answer.status == .gone, "\(path)")
                    #expect(answer.text.contains("This link does not work any more"), "\(path)")
                    #expect(!answer.text.contains("Log in"), "\(path)")
                    #expect(answer.headers[HTTPField.Name("X-Robots-Tag")!] == "noindex, nofollow")
                }
            }
            for token in [RandomToken.make().text, "short", "%00", "x'; DROP TABLE shares"] {
                let answer = try await visitor.get("/s/\(token.addingPercentEncoding())")
                #expect(answer.status == .notFound && answer.text.contains("Nothing is under this link"))
            }
        }
    }

    @Test func aPasswordIsAskedForOnceAndOpensThisLinkAlone() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, about: Self.about)
            let password = "kumquat jam for two"
            let link = try await ada.share("/analyses/\(id.lower)", [("password", password)])
            let other = try await ada.share("/analyses/\(id.lower)", [("password", password)])
            let visitor = Visitor(site)
            let asked = try await visitor.get(link)
            #expect(asked.status == .ok && asked.text.contains("Shared with a password"))
            #expect(!asked.text.contains(Self.about.title))
            for (path, answer) in try await everything(link, id, visitor) where path != "" {
                #expect(answer.status == .forbidden && !answer.text.contains(Self.about.title), "\(path)")
            }
            let wrong = try await visitor.post(link, ["password": "kumquat jam for three"])
            #expect(wrong.status == .unprocessableContent && wrong.text.contains("not the link’s password"))
            #expect(visitor.cookies["mien_shared"] == nil)
            // A page without a referrer names its origin null.
            let right = try await visitor.post(link, ["password": password], [.origin: "null"])
            #expect(right.status == .seeOther && right.headers[.location] == link)
            let cookie = try #require(visitor.sent.first { $0.hasPrefix("mien_shared=") })
            for part in ["Path=\(link)", "HttpOnly", "SameSite=Lax", "Max-Age=7200"] {
                #expect(cookie.contains(part), "\(part)")
            }
            #expect(try await visitor.get(link).text.contains(Self.about.title))
            for (path, answer) in try await everything(link, id, visitor) {
                // The pass is sent below the link's address alone.
                #expect(answer.status == (path == ".json" ? .forbidden : .ok), "\(path)")
            }
            // Whatever a browser sends where.
            let pass: HTTPFields = [.cookie: "mien_shared=\(try #require(visitor.cookies["mien_shared"]))"]
            #expect(try await visitor.get("\(link).json", pass).status == .ok)
            #expect(try await visitor.get(other, pass).text.contains("Shared with a password"))
            #expect(try await Visitor(site).get(link).text.contains("Shared with a password"))
            // The owner needs none.
            #expect(try await ada.get(link).text.contains("This is how others see it"))
            let forged = Visitor(site)
            forged.cookies["mien_shared"] = SharePass(secret: String(repeating: "x", count: 32)).text(for: UUID())
            #expect(try await forged.get(link).text.contains("Shared with a password"))
            let pages = try await site.database.query("SELECT detail FROM audit_log").map { try $0.decode(String.self) }
            #expect(pages.allSatisfy { !$0.contains(link.dropFirst(3)) && !$0.contains("kumquat") })
        }
    }

    /// Somebody logs in, or out, in another tab while the page asks.
    @Test(arguments: [true, false])
    func aLinksPasswordOutlivesALogIn(_ logsIn: Bool) async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let eve = try await site.person("Eve")
            let id = try await site.analysis(of: ada.user.id, about: Self.about)
            let password = "kumquat jam for two"
            let link = try await ada.share("/analyses/\(id.lower)", [("password", password)])
            let visitor = Visitor(site)
            let session = try await site.accounts.startSession(of: eve.user.id, userAgent: "", address: "")
            visitor.cookies["mien_session"] = logsIn ? nil : session
            let asked = try await visitor.get(link).text
            let token = try #require(asked.firstMatch(of: /name="csrf_token" value="([^"]*)"/).map { String($0.1) })
            visitor.cookies["mien_session"] = logsIn ? session : nil
            let answer = try await visitor.post(link, ["password": password, "csrf_token": token])
            #expect(answer.status == .seeOther && answer.headers[.location] == link)
            #expect(try await visitor.get(link).text.contains(Self.about.title))
            let denied = try await site.database.query("SELECT detail FROM audit_log WHERE event = 'denied'")
            #expect(denied.isEmpty)
        }
    }

    @Test func allThatABatchsPageLeadsToOpensAfterItsPassword() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let batch = UUID()
            for _ in 0..<2 {
                try await site.analysis(
                    of: ada.user.id, faces: [Site.face(1, "happy")], about: Self.about, batch: batch)
            }
            let password = "kumquat jam for two"
            let link = try await ada.share("/batches/\(batch.lower)", [("password", password)])
            let visitor = Visitor(site)
            #expect(try await visitor.get("\(link)/all.json").status == .forbidden)
            _ = try await visitor.post(link, ["password": password])
            let page = try await visitor.get(link).text
            let json = try #require(page.firstMatch(of: /href="([^"]*)" download="mien-photos.json"/))
            let saved = try await visitor.get(String(json.1))
            #expect(saved.status == .ok)
            #expect((try saved.object()["analyses"] as? [Any])?.count == 2)
            let ways = page.matches(of: /(?:href|src|data-address)="(\/s\/[^"]*)"/).map { String($0.1) }
            #expect(ways.count > 4)
            for way in ways { #expect(try await visitor.get(way).status == .ok, "\(way)") }
        }
    }

    @Test func aFewAreMadeAtATimeByOneLink() async throws {
        let gate = PlaceGate(places: 2)
        let (one, other) = (UUID(), UUID())
        var leases = [gate.enter(one), gate.enter(one)]
        #expect(leases.allSatisfy { $0 != nil } && gate.enter(one) == nil && gate.enter(other) != nil)
        leases.removeLast()
        #expect(gate.enter(one) != nil)
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, faces: (1...100).map { Site.face($0, "happy") })
            let link = try await ada.share("/analyses/\(id.lower)")
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<12 { group.addTask { try await Visitor(site).get("\(link)/\(id.lower).pdf") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.status)) == [.ok, .tooManyRequests])
            #expect(answers.allSatisfy { $0.status == .ok || $0.headers[.retryAfter] == "5" })
            #expect(try await Visitor(site).get("\(link)/\(id.lower).pdf").status == .ok)
        }
    }

    @Test func whoGuessesPasswordsIsMadeToWait() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id)
            let link = try await ada.share("/analyses/\(id.lower)", [("password", "kumquat jam for two")])
            let visitor = Visitor(site)
            var last: TestResponse?
            for number in 0..<12 {
                last = try await visitor.post(link, ["password": "guess number \(number)"])
                if last?.status == .tooManyRequests { break }
            }
            #expect(last?.status == .tooManyRequests)
            #expect(last?.headers[.retryAfter] != nil && last?.text.contains("Too many attempts") == true)
            #expect(try await visitor.post(link, ["password": "kumquat jam for two"]).status == .tooManyRequests)
        }
    }

    @Test func aPassIsForOneLinkAndForAWhile() {
        let (pass, id, now) = (SharePass(secret: String(repeating: "s", count: 32)), UUID(), Date())
        let text = pass.text(for: id, now: now)
        #expect(pass.opens(text, id, now: now.addingTimeInterval(7_199)))
        #expect(!pass.opens(text, id, now: now.addingTimeInterval(7_201)))
        #expect(!pass.opens(text, UUID(), now: now))
        let later = text.replacing(text.prefix { $0 != "." }, with: "99999999999")
        for wrong in [nil, "", ".", "1", later, text + "A", "\(text).1"] { #expect(!pass.opens(wrong, id, now: now)) }
    }

    @Test func opensAreCountedAndTheOwnersOwnAreNot() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            let link = try await ada.share("/analyses/\(id.lower)")
            func views() async throws -> Int {
                try await site.database.first("SELECT views FROM shares")?.decode(Int.self) ?? -1
            }
            let visitor = Visitor(site)
            _ = try await visitor.get(link)
            #expect(try await views() == 1)
            _ = try await ada.get(link)
            _ = try await visitor.get("\(link)?again")
            _ = try await visitor.get("\(link)?why=1")
            _ = try await visitor.get(link, [HTTPField.Name("Sec-Purpose")!: "prefetch;prerender"])
            _ = try await visitor.get(link, method: .head)
            for rest in [".json", ".pdf", "/clean.jpg"] { _ = try await visitor.get("\(link)/\(id.lower)\(rest)") }
            #expect(try await views() == 1)
            _ = try await site.person("Eve").get(link)
            #expect(try await views() == 2)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await Visitor(site).get(link) } }
                try await group.waitForAll()
            }
            #expect(try await views() == 22)
            let page = try await ada.get("/analyses/\(id.lower)?share").text
            #expect(page.contains("opened 22 times, last"))
        }
    }

    @Test func aBatchIsSharedWithWhatBelongsToIt() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let batch = UUID()
            var members: [UUID] = []
            for (index, status) in [AnalysisStatus.finished, .failed, .queued, .cancelled, .finished].enumerated() {
                members.append(
                    try await site.analysis(
                        of: ada.user.id, status, faces: [Site.face(1, "happy")],
                        about: AnalysisInformation(title: "Trip", subject: "Grace Hopper", tags: ["harbour"]),
                        batch: batch, submitted: Date(timeIntervalSinceNow: Double(index) - 60)))
            }
            let stranger = try await site.analysis(of: ada.user.id)
            let link = try await ada.share("/batches/\(batch.lower)")
            let alone = try await ada.share("/analyses/\(members[0].lower)")
            let visitor = Visitor(site)
            let page = try await visitor.get(link).text
            #expect(page.contains("<h1 dir=\"auto\">Trip</h1>") && page.matches(of: /<li class="card/).count == 4)
            #expect(page.contains("Could not be analysed") && page.contains("Photo 4") && !page.contains("Photo 5"))
            #expect(
                page.contains("content=\"3; url=\(link)?again\"") && !page.contains("Grace")
                    && !page.contains("harbour"))
            #expect(page.contains("href=\"\(link)/all.json\""))
            #expect(try await visitor.get("\(link).json").text == visitor.get("\(link)/all.json").text)
            let json = try await visitor.get("\(link)/all.json").object()
            #expect(
                (json["analyses"] as? [[String: Any]])?.map { $0["status"] as? String } == [
                    "finished", "failed", "queued", "finished",
                ])
            let member = try await visitor.get("\(link)/\(members[0].lower)").text
            #expect(member.contains("1 of 4") && member.contains("href=\"\(link)/\(members[1].lower)\""))
            #expect(try await visitor.get("\(link)/\(members[1].lower)").text.contains("could not be analysed"))
            #expect(try await visitor.get("\(link)/\(members[2].lower)").text.contains("still being analysed"))
            for (id, expected) in [(members[4], 200), (members[3], 404), (stranger, 404), (UUID(), 404)] {
                for rest in ["", ".json", "/clean.jpg"] {
                    let answer = try await visitor.get("\(link)/\(id.lower)\(rest)")
                    // A cancelled one has a picture of none.
                    #expect(answer.status.code == expected, "\(id) \(rest)")
                }
            }
            // By a link to one photo nobody sees the others.
            #expect(try await visitor.get("\(alone)/all.json").object()["id"] as? String == members[0].lower)
            for rest in ["", ".json", "/clean.jpg"] {
                #expect(try await visitor.get("\(alone)/\(members[4].lower)\(rest)").status == .notFound)
            }
            #expect(!(try await visitor.get(alone).text.contains("All 4 photos")))
            #expect(try await visitor.get("\(alone)/\(members[0].lower)").headers[.location] == alone)
        }
    }

    @Test func theOriginalIsGivenWhereItIsOffered() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id)
            let link = try await ada.share("/analyses/\(id.lower)", [("original", "yes")])
            let visitor = Visitor(site)
            #expect(try await visitor.get(link).text.contains("As it was sent"))
            let photo = try await visitor.get("\(link)/\(id.lower)/photo")
            #expect(photo.bytes == (try Site.sample()))
            #expect(photo.headers[.contentDisposition]?.hasPrefix("attachment; filename=\"mien-") == true)
            #expect(photo.headers[.contentDisposition]?.contains("IMG") == false)
            try await site.database.execute("DELETE FROM photos")
            #expect(try await visitor.get("\(link)/\(id.lower)/photo").status == .notFound)
        }
    }

    @Test func aPhotoThatWaitsIsShownWhenItIsDone() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, .queued)
            let link = try await ada.share("/analyses/\(id.lower)")
            let visitor = Visitor(site)
            let waiting = try await visitor.get(link).text
            #expect(waiting.contains("still being analysed") && waiting.contains("data-status=\"queued\""))
            #expect(waiting.contains("content=\"3; url=\(link)?again\"") && !waiting.contains("<img"))
            let known = try await visitor.get("\(link)/\(id.lower).json?wait=1")
            #expect(known.status == .ok && known.text.contains("\"status\":\"queued\""))
            let tag = try #require(known.headers[.eTag])
            let same = try await visitor.get("\(link)/\(id.lower).json?wait=0", [.ifNoneMatch: tag])
            #expect(same.status == .notModified)
            try await site.finish(id, [Site.face(1, "happy")])
            #expect(try await visitor.get("\(link)?again").text.contains("appears happy"))
        }
    }

    @Test func manyFacesTurnedAndExplained() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let area = FaceResult.Area(x: 0, y: 0, side: 60, angle: 0)
            let faces = (1...25).map { number in
                let face = Site.face(number, number % 2 == 0 ? "happy" : "sad")
                let map = FaceResult.Activation(columns: 1, cells: Data([9]), low: 0, high: 1, area: area)
                return FaceResult(
                    number: number, box: face.box, landmarks: [], emotion: face.emotion, confidence: 0.873,
                    probabilities: face.probabilities, notSure: false, notes: [], activation: map)
            }
            let id = try await site.analysis(of: ada.user.id, faces: faces)
            try await site.database.execute("UPDATE analyses SET faces = jsonb_set(faces, '{rotation}', '90')")
            let link = try await ada.share("/analyses/\(id.lower)")
            let visitor = Visitor(site)
            let page = try await visitor.get(link).text
            #expect(page.contains("All 25") && page.contains("The photo lay on its side."))
            #expect(page.contains("href=\"?why=3\"") && page.utf8.count < 60_000)
            let why = try await visitor.get("\(link)?why=3").text
            #expect(why.contains("\(link)/\(id.lower)/faces/3/why.png"))
            let map = try await visitor.get("\(link)/\(id.lower)/faces/3/why.png")
            #expect(map.headers[.contentType] == "image/png" && map.headers[.cacheControl] == "private, no-store")
            #expect(try await visitor.get("\(link)/\(id.lower)/faces/26/why.png").status == .notFound)
        }
    }

    @Test func logsDoNotOpenLinks() {
        #expect(SharedLink.loggable("/s/0123456789abcdef/x/clean.jpg") == "/s/…/x/clean.jpg")
        #expect(SharedLink.loggable("//s//0123456789abcdef") == "/s/…")
        for path in ["/static/style.css", "/", "/shares", "/analyses/s/x"] {
            #expect(SharedLink.loggable(path) == path && !SharedLink.isOne(path))
        }
    }

    @Test func strangersAreBoundedAsProgramsAre() async throws {
        try await Site.run(["MIEN_API_REQUESTS_PER_MINUTE": "5"]) { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id)
            let link = try await ada.share("/analyses/\(id.lower)")
            let visitor = Visitor(site)
            var statuses: [Int] = []
            for _ in 0..<7 { statuses.append(try await visitor.get(link).status.code) }
            #expect(statuses.first == 200 && statuses.last == 429)
        }
    }
}
