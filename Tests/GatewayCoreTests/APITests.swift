import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// The API for programs, version 1.
@Suite struct APITests {
    // MARK: Photos in

    @Test func aPhotoIsTakenAsAFormAndAsJSON() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let form = try await ada.sendForm([("roof.jpg", photo)], ["title": "On the roof", "tags": "summer, roof"])
            #expect(form.status == .accepted)
            let taken = try form.object()
            let analysis = try #require((taken["analyses"] as? [[String: Any]])?.first)
            let id = try #require(analysis["id"] as? String)
            #expect(form.headers[.location] == "/api/v1/analyses/\(id)")
            #expect(analysis["status"] as? String == "queued")
            #expect(analysis["tags"] as? [String] == ["summer", "roof"])

            let json = try await ada.send(
                .post, "/analyses",
                [
                    "photos": [["name": "roof.jpg", "data": Data(photo).base64EncodedString()]], "title": "Roof",
                    "tags": ["a", "b"], "lane": "bulk",
                ])
            #expect(json.status == .accepted)
            let other = try #require((try json.object()["analyses"] as? [[String: Any]])?.first)
            #expect(other["title"] as? String == "Roof")
            #expect(other["tags"] as? [String] == ["a", "b"])
            // What is kept is what was sent.
            let kept = try await ada.send(.get, "/analyses/\(other["id"] as? String ?? "")/photo")
            #expect(kept.bytes == photo)
            #expect(kept.headers[.contentType] == "image/jpeg")
        }
    }

    @Test func severalPhotosAreABatchAndWhatIsWrongIsToldBesideTheOthers() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let sent = try await ada.sendForm(
                [("a.jpg", photo), ("notes.txt", Array("hello there".utf8)), ("b.jpg", photo)])
            #expect(sent.status == .accepted)
            let taken = try sent.object()
            #expect((taken["analyses"] as? [Any])?.count == 2)
            let refused = try #require((taken["refused"] as? [[String: String]])?.first)
            #expect(refused["file"] == "notes.txt" && refused["code"] == "unsupported_format")
            let batch = try #require(taken["batch"] as? String)
            #expect(sent.headers[.location] == "/api/v1/batches/\(batch)")
            let shown = try await ada.send(.get, "/batches/\(batch)").object()
            #expect((shown["progress"] as? [String: Int])?["open"] == 2)
            #expect((shown["analyses"] as? [Any])?.count == 2)
            let cancelled = try await ada.send(.post, "/batches/\(batch)/cancel", [:]).object()
            #expect((cancelled["progress"] as? [String: Int])?["cancelled"] == 2)
        }
    }

    @Test func photosAreSentToABatchThatWasMadeBefore() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let made = try await ada.send(.post, "/batches", ["title": "Trip"])
            #expect(made.status == .created)
            let batch = try #require(try made.object()["id"] as? String)
            let photo = try Site.sample()
            #expect(try await ada.sendForm([("a.jpg", photo)], ["batch": batch]).status == .accepted)
            let list = try await ada.send(.get, "/batches").object()
            let first = try #require((list["batches"] as? [[String: Any]])?.first)
            #expect(first["title"] as? String == "Trip")
            #expect((first["progress"] as? [String: Int])?["open"] == 1)
            // Another person's is as absent as none.
            let eve = try await Program(site)
            #expect(try await eve.sendForm([("a.jpg", photo)], ["batch": batch]).status == .notFound)
        }
    }

    @Test func whoPrefersToWaitGetsTheResultOr202() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            async let answer = ada.sendForm([("a.jpg", photo)], headers: [.prefer: "wait=20"])
            let id = try await site.newest(of: ada.user.id)
            try await site.finish(id, [Site.face(1, "happy")])
            let finished = try await answer
            #expect(finished.status == .created)
            #expect(finished.headers[.preferenceApplied] == "wait=20")
            let analysis = try #require((try finished.object()["analyses"] as? [[String: Any]])?.first)
            #expect(analysis["dominant"] as? String == "happy")
            let waited = try await ada.sendForm([("b.jpg", photo)], headers: [.prefer: "respond-async, wait=1"])
            #expect(waited.status == .accepted)
        }
    }

    @Test(arguments: [
        (#"{"photos": [{"data": "?!?"}]}"#, "photos[0].data"), (#"{"photos": [{}]}"#, "photos[0].data"),
        (#"{"photos": [{"data": 7}]}"#, "photos[0].data"),
        (#"{"photos": [{"data": "/9j/", "size": 1}]}"#, "photos[0].size"),
        (#"{"photos": 7}"#, "photos"), (#"{"photos": ["x"]}"#, "photos"), (#"{"tags": "a"}"#, "tags"),
        (#"{"title": 7}"#, "title"), (#"{"colour": "red"}"#, "colour"), (#"{"lane": "fast"}"#, "lane"),
        (#"{"batch": "x"}"#, "batch"), (#"{"taken_at": "yesterday"}"#, "taken_at"),
    ])
    func whatCannotBeTakenIsNamed(_ body: String, _ field: String) async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let answer = try await ada.send(
                .post, "/analyses", body: ByteBuffer(string: body), headers: [.contentType: "application/json"])
            #expect(answer.status == .unprocessableContent)
            #expect(answer.headers[.contentType] == "application/problem+json")
            let problem = try answer.object()
            #expect(problem["code"] as? String == "bad_fields")
            #expect((problem["errors"] as? [String: String])?[field] != nil, "\(problem)")
            #expect(try await site.store.count(owner: ada.user.id) == 0)
        }
    }

    /// A letter with marks on it is one `Character` of any length.
    @Test func lengthsAreCountedInCodePoints() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let marked = String(repeating: "a\u{301}\u{302}", count: 150)
            #expect(marked.count == 150)
            #expect(try await ada.send(.post, "/batches", ["title": marked]).status == .unprocessableContent)
            let photo = try Site.sample()
            #expect(try await ada.sendForm([("a.jpg", photo)], ["title": marked]).status == .unprocessableContent)
            #expect(try await ada.sendForm([("a.jpg", photo)], ["tags": marked]).status == .unprocessableContent)
            let named = try await ada.sendForm([("\(marked).jpg", photo)]).object()
            let file = (named["analyses"] as? [[String: Any]])?.first?["file"] as? [String: Any]
            #expect((file?["name"] as? String)?.unicodeScalars.count == 200)
        }
    }

    @Test func bodiesOfOtherKindsAreRefused() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let xml = try await ada.send(
                .post, "/analyses", body: ByteBuffer(string: "<a/>"), headers: [.contentType: "text/xml"])
            #expect(xml.status == .unsupportedMediaType)
            let broken = try await ada.send(
                .post, "/analyses", body: ByteBuffer(string: "{"), headers: [.contentType: "application/json"])
            #expect(broken.status == .badRequest)
            #expect(try broken.object()["code"] as? String == "bad_json")
            #expect(try await ada.sendForm([]).object()["code"] as? String == "no_photo")
            let text = try await ada.sendForm([("a.txt", Array("hello there".utf8))])
            #expect(text.status == .unsupportedMediaType)
            #expect((try text.object()["errors"] as? [String: String])?["photos[0]"]?.contains("a.txt") == true)
            let large = try await ada.send(
                .post, "/analyses",
                ["photos": [["data": Data(repeating: 0xFF, count: 11 << 20).base64EncodedString()]]])
            #expect(large.status == .contentTooLarge)
        }
    }

    // MARK: Sent twice

    @Test func theSameKeyAndBodyAreDoneOnce() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let first = try await ada.sendForm([("a.jpg", photo)], headers: [.idempotencyKey: "\"one\""])
            let second = try await ada.sendForm([("a.jpg", photo)], headers: [.idempotencyKey: "one"])
            #expect(first.status == .accepted && second.status == .accepted)
            #expect(try first.ids() == second.ids())
            #expect(try await site.store.count(owner: ada.user.id) == 1)
            // Something else under the key.
            let other = try await ada.sendForm([("b.jpg", photo)], headers: [.idempotencyKey: "one"])
            #expect(other.status == .unprocessableContent)
            #expect(try other.object()["code"] as? String == "idempotency_key_reused")
            // Another person's key is another key.
            let eve = try await Program(site)
            #expect(try await eve.sendForm([("a.jpg", photo)], headers: [.idempotencyKey: "one"]).status == .accepted)
            #expect(try await site.store.count(owner: eve.user.id) == 1)
            // After a day the key is free again.
            try await site.database.execute("UPDATE idempotent_answers SET answered_at = now() - interval '25 hours'")
            let later = try await ada.sendForm([("b.jpg", photo)], headers: [.idempotencyKey: "one"])
            #expect(later.status == .accepted)
            #expect(try later.ids() != first.ids())
        }
    }

    @Test func manyOfTheSameAtOnceAreDoneOnce() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample()
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<12 {
                    group.addTask { try await ada.sendForm([("a.jpg", photo)], headers: [.idempotencyKey: "k"]) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers.map(\.status)).isSubset(of: [.accepted, .conflict]))
            let ids = try answers.filter { $0.status == .accepted }.map { try $0.ids() }
            #expect(Set(ids).count == 1)
            #expect(try await site.store.count(owner: ada.user.id) == 1)
        }
    }

    @Test func whatMetALimitMayBeSentAgainUnderTheSameKey() async throws {
        try await Site.run(["MIEN_MAX_OPEN_PER_USER": "1"]) { site in
            let ada = try await Program(site)
            let waiting = try await site.analysis(of: ada.user.id, .queued)
            let photo = try Site.sample()
            let full = try await ada.sendForm([("a.jpg", photo)], headers: [.idempotencyKey: "k"])
            #expect(full.status == .tooManyRequests)
            #expect(full.headers[.retryAfter] == "30")
            try await site.store.cancel(.some([waiting]), owner: ada.user.id)
            #expect(try await ada.sendForm([("a.jpg", photo)], headers: [.idempotencyKey: "k"]).status == .accepted)
        }
    }

    @Test(arguments: ["", "\"\"", String(repeating: "k", count: 300), "schlüssel"])
    func aKeyThatIsNoneIsRefused(_ key: String) async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let answer = try await ada.sendForm([("a.jpg", try Site.sample())], headers: [.idempotencyKey: key])
            #expect(answer.status == .badRequest)
            #expect(try answer.object()["code"] as? String == "bad_idempotency_key")
            #expect(try await site.store.count(owner: ada.user.id) == 0)
        }
    }

    // MARK: Reading and changing

    @Test func aListIsReadPageByPageToItsEnd() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            var ids: [String] = []
            for index in 0..<7 {
                let at = Date(timeIntervalSince1970: 1_795_000_000 - Double(index))
                ids.append(try await site.analysis(of: ada.user.id, faces: [Site.face(1, "sad")], submitted: at).lower)
            }
            var (read, cursor, pages): ([String], String?, Int) = ([], nil, 0)
            repeat {
                let page = try await ada.send(.get, "/analyses?limit=3" + (cursor.map { "&cursor=\($0)" } ?? ""))
                #expect(page.status == .ok)
                read += try page.ids()
                cursor = try page.object()["next"] as? String
                pages += 1
            } while cursor != nil && pages < 10
            #expect(read == ids)
            #expect(pages == 3)
            #expect(try await ada.send(.get, "/analyses?emotion=sad&limit=100").ids().count == 7)
            #expect(try await ada.send(.get, "/analyses?emotion=happy").ids() == [])
        }
    }

    @Test(arguments: [
        "limit=0", "limit=101", "limit=x", "cursor=x", "colour=red", "emotion=glad", "state=lost", "from=yesterday",
    ])
    func aQueryThatCannotBeTakenIsNamed(_ query: String) async throws {
        try await Site.run { site in
            let answer = try await Program(site).send(.get, "/analyses?\(query)")
            #expect(answer.status == .badRequest)
            #expect(answer.text.contains(String(query.split(separator: "=")[0])))
        }
    }

    @Test func whatIsSaidOfAPhotoIsChangedFieldByField() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let about = AnalysisInformation(title: "Roof", subject: "Ada", notes: "n", tags: ["a"])
            let id = try await site.analysis(of: ada.user.id, about: about).lower
            let changed = try await ada.send(.patch, "/analyses/\(id)", ["title": "Sea", "tags": ["b", "c"]])
            #expect(changed.status == .ok)
            let object = try changed.object()
            #expect(object["title"] as? String == "Sea" && object["subject"] as? String == "Ada")
            #expect(object["tags"] as? [String] == ["b", "c"])
            let emptied = try await ada.send(.patch, "/analyses/\(id)", ["subject": NSNull(), "tags": NSNull()])
                .object()
            #expect(emptied["subject"] as? String == "" && emptied["tags"] as? [String] == [])
            for wrong in [["title": 7], ["status": "failed"], ["title": String(repeating: "x", count: 201)]]
                as [[String: Any]]
            {
                let refused = try await ada.send(.patch, "/analyses/\(id)", wrong)
                #expect(refused.status == .unprocessableContent)
                #expect((try refused.object()["errors"] as? [String: String])?.keys.first == wrong.keys.first)
            }
            #expect(try await ada.send(.get, "/analyses/\(id)").object()["title"] as? String == "Sea")
        }
    }

    @Test func anAnalysisIsCancelledTriedAgainAndDeleted() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(of: ada.user.id, .queued).lower
            #expect(try await ada.send(.post, "/analyses/\(id)/retry", [:]).object()["code"] as? String == "not_ended")
            for _ in 0..<2 {
                let cancelled = try await ada.send(.post, "/analyses/\(id)/cancel", [:])
                #expect(cancelled.status == .ok)
                #expect(try cancelled.object()["status"] as? String == "cancelled")
            }
            let again = try await ada.send(.post, "/analyses/\(id)/retry", [:])
            #expect(again.status == .accepted)
            #expect(try again.object()["generation"] as? Int == 2)
            let finished = try await site.analysis(of: ada.user.id).lower
            let late = try await ada.send(.post, "/analyses/\(finished)/cancel", [:])
            #expect(late.status == .conflict)
            #expect(try await ada.send(.get, "/analyses/\(id)/report").status == .conflict)
            #expect(try await ada.send(.get, "/analyses/\(finished)/report").headers[.contentType] == "application/pdf")
            #expect(try await ada.send(.delete, "/analyses/\(id)").status == .noContent)
            #expect(try await ada.send(.delete, "/analyses/\(id)").status == .notFound)
            #expect(try await ada.send(.get, "/analyses/\(id)").status == .notFound)
        }
    }

    @Test func theAccountAndItsTokensAreShown() async throws {
        try await Site.run { site in
            let ada = try await Program(site, scopes: [.readAnalyses, .account])
            let me = try await ada.send(.get, "/me").object()
            #expect(me["email"] as? String == ada.user.email)
            #expect(me["scopes"] as? [String] == ["account", "analyses:read"])
            let list = try await ada.send(.get, "/tokens").object()
            let token = try #require((list["tokens"] as? [[String: Any]])?.first)
            #expect(ada.token.hasPrefix(token["prefix"] as? String ?? "?"))
            #expect(!"\(list)".contains(ada.token))
            let id = try #require(token["id"] as? String)
            #expect(try await ada.send(.delete, "/tokens/\(id)").status == .noContent)
            #expect(try await ada.send(.get, "/me").status == .unauthorized)
        }
    }
}

/// A program with an API token.
struct Program: Sendable {
    let site: Site
    let user: User
    let token: String

    init(site: Site, user: User, token: String) {
        self.site = site
        self.user = user
        self.token = token
    }

    init(
        _ site: Site, scopes: Set<TokenScope> = [.readAnalyses, .writeAnalyses], isAdmin: Bool = false,
        days: Int? = nil, networks: [String] = []
    ) async throws {
        self.site = site
        user = try await site.accounts.register(
            name: "Ada", email: "\(UUID().uuidString)@example.org", password: "kumquat marmalade", isAdmin: isAdmin)
        token = try await site.accounts.makeToken(
            for: user.id, .named("tests", scopes: scopes, days: days, networks: networks)
        ).text
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, body: ByteBuffer? = nil, headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var headers = headers
        headers[.authorization] = "Bearer \(token)"
        return try await site.client.executeRequest(
            uri: "/api/v1\(path)", method: method, headers: headers, body: body)
    }

    func send(_ method: HTTPRequest.Method, _ path: String, _ json: [String: Any]) async throws -> TestResponse {
        let body = ByteBuffer(bytes: try JSONSerialization.data(withJSONObject: json))
        return try await send(method, path, body: body, headers: [.contentType: "application/json"])
    }

    func sendForm(
        _ photos: [(name: String, bytes: [UInt8])], _ fields: [String: String] = [:], headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var body = ByteBuffer()
        for (name, value) in fields {
            body.writeString("--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n")
        }
        for photo in photos {
            body.writeString(
                "--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"\(photo.name)\"\r\n\r\n")
            body.writeBytes(photo.bytes)
            body.writeString("\r\n")
        }
        body.writeString("--b--\r\n")
        var headers = headers
        headers[.contentType] = "multipart/form-data; boundary=b"
        return try await send(.post, "/analyses", body: body, headers: headers)
    }
}

extension HTTPField.Name {
    static let idempotencyKey = Self("Idempotency-Key")!
    static let prefer = Self("Prefer")!
    static let preferenceApplied = Self("Preference-Applied")!
}

extension TestResponse {
    /// The body's JSON object.
    func object() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    /// The ids of the analyses in the body.
    func ids() throws -> [String] {
        (try object()["analyses"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
    }
}

extension Site {
    /// The person's newest analysis, once there is one.
    func newest(of owner: UUID) async throws -> UUID {
        while true {
            if let analysis = try await store.recent(owner: owner, limit: 1).first { return analysis.id }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
