import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOEmbedded
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// How requests of the API are read.
@Suite struct APIRequestTests {
    @Test(arguments: ["wait=1", "WAIT = 1", "wait=\"1\"", "wait=1;strict", "respond-async; x=y, wait=1 ; a=b"])
    func whatAProgramPrefersIsReadAsTheStandardWritesIt(_ field: String) async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let answer = try await ada.sendForm([("a.jpg", try Site.sample())], headers: [.prefer: field])
            #expect(answer.headers[.preferenceApplied] == "wait=1")
        }
    }

    /// A proxy that compresses weakens tags; taken for others, every long poll would end at once.
    @Test func aTagIsKnownThoughItIsWeakOrAmongOthers() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(of: ada.user.id, .queued).lower
            let tag = try #require(try await ada.send(.get, "/analyses/\(id)").headers[.eTag])
            for known in [tag, "W/\(tag)", "\"x\", W/\(tag)", "*"] {
                let start = ContinuousClock.now
                let answer = try await ada.send(.get, "/analyses/\(id)?wait=1", headers: [.ifNoneMatch: known])
                #expect(answer.status == .notModified, "\(known)")
                #expect(ContinuousClock.now - start > .milliseconds(900), "\(known)")
            }
            #expect(
                try await ada.send(.get, "/analyses/\(id)?wait=20", headers: [.ifNoneMatch: "\"x\""]).status == .ok)
        }
    }

    @Test func aBrowsersSessionMayAskForHeads() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let session = try await site.accounts.startSession(
                of: ada.user.id, userAgent: "tests", address: "127.0.0.1")
            let answer = try await site.client.executeRequest(
                uri: "/api/v1/me", method: .head, headers: [.cookie: "mien_session=\(session)"], body: nil)
            #expect(answer.status == .ok)
        }
    }

    /// Each would take fifty times its length in memory, and name itself in the answer.
    @Test(arguments: [
        #"{"photos": [\#(String(repeating: "0,", count: 20_000))0]}"#,
        #"{"photos": [\#(String(repeating: "{},", count: 20_000)){}]}"#,
        "{\((0..<20_000).map { #""k\#($0)":1"# }.joined(separator: ","))}",
        #"{"title": "a\"b\\", "tags": [\#(String(repeating: #""a","#, count: 20_000))"a"]}"#,
    ])
    func aBodyOfVeryManyValuesIsRefusedUnread(_ body: String) async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let answer = try await ada.send(
                .post, "/analyses", body: ByteBuffer(string: body), headers: [.contentType: "application/json"])
            #expect(answer.status == .badRequest)
            #expect(try answer.object()["code"] as? String == "bad_json")
            #expect(answer.bytes.count < 1_000)
        }
    }

    @Test func valuesInTextsAreNoneAndOtherEncodingsAreRefused() throws {
        let text = String(repeating: #",[{\",\\"#, count: 5_000)
        var fields = try JSONFields(Data(#"{"a": "\#(text)"}"#.utf8))
        #expect(fields.text("a")?.hasPrefix(#",[{",\"#) == true)
        let wide = try #require(#"{"a": "∀"}"#.data(using: .utf16LittleEndian))
        #expect(throws: RequestFailure.self) { try JSONFields(wide) }
    }

    @Test func whatIsSentMoreThanOnceIsNamed() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let query = try await ada.send(.get, "/analyses?limit=1&limit=2")
            #expect((try query.object()["errors"] as? [String: String])?["limit"] != nil)
            var body = ByteBuffer()
            for tag in ["a", "b"] {
                body.writeString("--b\r\nContent-Disposition: form-data; name=\"tags\"\r\n\r\n\(tag)\r\n")
            }
            body.writeString("--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n")
            body.writeBytes(try Site.sample())
            body.writeString("\r\n--b--\r\n")
            let form = try await ada.send(
                .post, "/analyses", body: body, headers: [.contentType: "multipart/form-data; boundary=b"])
            #expect(form.status == .unprocessableContent)
            #expect((try form.object()["errors"] as? [String: String])?["tags"] != nil)
        }
    }

    /// As curl's `-F notes=@notes.txt` and a script's `form.append("notes", blob)` send it.
    @Test(arguments: ["notes", "lane", "keep_photo", "delete_after", "image", "photos"])
    func aFieldThatComesAsAFileIsRefusedByItsName(_ name: String) async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            var body = ByteBuffer()
            for (part, file, bytes) in [("photo", "a.jpg", try Site.sample()), (name, "blob", Array("bulk".utf8))] {
                body.writeString(
                    "--b\r\nContent-Disposition: form-data; name=\"\(part)\"; filename=\"\(file)\"\r\n\r\n")
                body.writeBytes(bytes)
                body.writeString("\r\n")
            }
            body.writeString("--b--\r\n")
            let answer = try await ada.send(
                .post, "/analyses", body: body, headers: [.contentType: "multipart/form-data; boundary=b"])
            #expect(answer.status == .unprocessableContent)
            let problem = try #require((try answer.object()["errors"] as? [String: String])?[name])
            #expect(problem.contains(name.hasPrefix("photo") || name == "image" ? "not known" : "takes a text"))
            #expect(try await site.store.count(owner: ada.user.id) == 0)
        }
    }

    /// Such as a parser's error, or the end of the connection.
    @Test func aBodyThatBreaksOffIsTheClientsFault() async throws {
        struct Broken: Error {}
        let pieces = AsyncThrowingStream<ByteBuffer, any Error> {
            $0.yield(ByteBuffer(string: "{"))
            $0.finish(throwing: Broken())
        }
        await #expect(throws: UploadError.incomplete) {
            try await RequestBody(asyncSequence: pieces).forEachPiece { _ in }
        }
        let cancelled = AsyncThrowingStream<ByteBuffer, any Error> { $0.finish(throwing: CancellationError()) }
        await #expect(throws: CancellationError.self) {
            try await RequestBody(asyncSequence: cancelled).forEachPiece { _ in }
        }
    }

    @Test func aSmallBodyThatComesTooSlowlyIsGivenUp() async throws {
        let endless = AsyncStream<ByteBuffer> { $0.yield(ByteBuffer(string: "{")) }
        let head = HTTPRequest(
            method: .patch, scheme: nil, authority: nil, path: "/", headerFields: [.contentType: "application/json"])
        let context = GatewayContext(source: .init(channel: EmbeddedChannel(), logger: Logger(label: "tests")))
        let asked = APIRequest(
            request: Request(head: head, body: RequestBody(asyncSequence: endless)), context: context)
        let failure = await #expect(throws: RequestFailure.self) {
            try await asked.json(within: BodyPace(deadline: .milliseconds(50)))
        }
        #expect(failure?.status == .requestTimeout && failure?.code == "too_slow")
    }

    /// On pages and in forms tags stand between commas: it would come back as two.
    @Test(arguments: ["a,b", "a\nb", "a\u{2028}b", ","])
    func aTagWithACommaIsRefused(_ tag: String) async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(of: ada.user.id)
            let photos = [["data": Data(try Site.sample()).base64EncodedString()]]
            for answer in [
                try await ada.send(.patch, "/analyses/\(id.lower)", ["tags": ["fine", tag]]),
                try await ada.send(.post, "/analyses", ["tags": ["fine", tag], "photos": photos]),
            ] {
                #expect(answer.status == .unprocessableContent)
                let errors = try answer.object()["errors"] as? [String: String]
                #expect(errors?.keys.sorted() == ["tags"] && errors?["tags"]?.contains("no comma") == true)
            }
            #expect(try await site.store.count(owner: ada.user.id) == 1)
        }
    }

    @Test func changesOfDifferentFieldsAtOnceAreAllKept() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let id = try await site.analysis(of: ada.user.id)
            // Read before the other change, written after it.
            let before = AnalysisInformation(title: "Roof")
            #expect(try await ada.send(.patch, "/analyses/\(id.lower)", ["notes": "n", "tags": ["a"]]).status == .ok)
            #expect(try await site.store.update(id, owner: ada.user.id, to: before, fields: ["title"]))
            let now = try await ada.send(.get, "/analyses/\(id.lower)").object()
            #expect(now["title"] as? String == "Roof" && now["notes"] as? String == "n")
            #expect(now["tags"] as? [String] == ["a"])
        }
    }

    /// A person may hold 64 MB: three forms of these at once are more.
    @Test func whoWaitsForResultsHoldsNoMemory() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let photo = try Site.sample() + Array(repeating: UInt8(0), count: 9 << 20)
            let photos = ["a.jpg", "b.jpg", "c.jpg"].map { ($0, photo) }
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for stored in [3, 6, 9] {
                    group.addTask { try await ada.sendForm(photos, headers: [.prefer: "wait=25"]) }
                    while try await site.store.count(owner: ada.user.id) < stored {
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
                // All wait; what they wait for is not what this is about.
                try await site.store.cancel(
                    .some(site.store.recent(owner: ada.user.id, limit: 9).map(\.id)), owner: ada.user.id)
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status.code).allSatisfy { [201, 202].contains($0) })
        }
    }

    /// Of a number without a format oapi-codegen 2.8 (Go) makes a float32, which moves a box of a large photo, and of an integer
    /// openapi-generator's Java client one of 32 bits.
    @Test func theDescriptionSaysHowWideItsNumbersAre() throws {
        var bare: [String] = []
        func look(_ value: Any, _ path: String) {
            if let object = value as? [String: Any] {
                let types = object["type"] as? [String] ?? [object["type"] as? String ?? ""]
                let isNumber = types.contains("number") || (types.contains("integer") && path.hasSuffix("bytes"))
                if isNumber, object["format"] == nil { bare.append(path) }
                for (key, value) in object { look(value, "\(path)/\(key)") }
            } else if let array = value as? [Any] {
                for value in array { look(value, path) }
            }
        }
        let data = try Data(contentsOf: Site.web.appendingPathComponent("Static/openapi.json"))
        look(try JSONSerialization.jsonObject(with: data), "")
        #expect(bare == [])
    }

    private func document(_ name: String, _ path: String...) throws -> [String: Any] {
        let data = try Data(contentsOf: Site.web.appendingPathComponent("Static/\(name)"))
        let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        return try path.reduce(document) { try #require($0[$1] as? [String: Any]) }
    }

    /// The operations of the description, by method and path.
    private func operations() throws -> [String: [String: Any]] {
        var found: [String: [String: Any]] = [:]
        for (path, methods) in try document("openapi.json", "paths") {
            for (method, operation) in try #require(methods as? [String: Any]) where method != "parameters" {
                found["\(method) \(path)"] = try #require(operation as? [String: Any])
            }
        }
        return found
    }

    /// Whoever holds what they send against the description would refuse to send it.
    @Test func theDescriptionTakesTheCursorsThatListsAnswer() throws {
        var patterns: [String] = []
        for (_, operation) in try operations() {
            for parameter in operation["parameters"] as? [[String: Any]] ?? []
            where parameter["name"] as? String == "cursor" {
                patterns.append(try #require((parameter["schema"] as? [String: Any])?["pattern"] as? String))
            }
        }
        for (_, schema) in try document("openapi.json", "components", "schemas") {
            let properties = (schema as? [String: Any])?["properties"] as? [String: [String: Any]]
            if let next = properties?["next"] { patterns.append(try #require(next["pattern"] as? String)) }
        }
        #expect(patterns.count == 10 && Set(patterns).count == 1)
        for time in [Date(), Date(timeIntervalSince1970: 0), Date(timeIntervalSince1970: -1)] {
            let text = ListCursor(time: time, id: UUID()).text
            #expect(try text.wholeMatch(of: Regex(patterns[0])) != nil, "\(text)")
        }
    }

    @Test func theDescriptionHasOfEachOperationWhatAnyMayAnswer() throws {
        let operations = try operations()
        #expect(operations.count > 40)
        for (name, operation) in operations {
            let answers = try #require(operation["responses"] as? [String: Any])
            #expect(Set(["401", "403", "429", "503"]).isSubset(of: answers.keys), "\(name)")
        }
    }

    /// The API answers the same document as `/analyses/{id}.json`, whose schema is published.
    @Test func theDescriptionHasEveryMemberOfTheSchema() throws {
        let (api, schema) = ("openapi.json", "analysis-1.schema.json")
        #expect(
            try Set(document(api, "components", "schemas", "Analysis", "properties").keys)
                == Set(document(schema, "properties").keys))
        #expect(
            try Set(document(api, "components", "schemas", "Face", "properties").keys)
                == Set(document(schema, "$defs", "face", "properties").keys))
    }
}
