import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

/// What every path does alike.
@Suite struct HTTPTests {
    @Test func aMethodThatAPathDoesNotTakeIsToldFromAPathThatIsNotThere() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = UUID().uuidString
            for (path, allow) in [
                ("/home", "GET, HEAD"), ("/analyses", "GET, HEAD, POST"), ("/analyses/\(id).json", "GET, HEAD"),
                ("/analyses/\(id)/retry", "POST"), ("/health/live", "GET, HEAD"), ("/logout", "POST"),
            ] {
                for method in ["DELETE", "PROPFIND", "BREW"] {
                    let answer = try await ada.ask(path, HTTPRequest.Method(method)!)
                    #expect(answer.status == .methodNotAllowed, "\(method) \(path)")
                    #expect(answer.headers[.allow] == allow, "\(method) \(path)")
                }
            }
            for path in ["/nowhere", "/analyses/\(id)/nowhere", "/home/again"] {
                let answer = try await ada.ask(path, .delete)
                #expect(answer.status == .notFound && answer.headers[.allow] == nil, "\(path)")
            }
            #expect(try await ada.get("/analyses/\(id).json").status == .notFound)
        }
    }

    @Test func theHeadOfAnErrorPageHasNoBody() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            for path in ["/nowhere", "/analyses/\(UUID().uuidString)", "/logout"] {
                let (whole, head) = (try await ada.get(path), try await ada.ask(path, .head))
                #expect(head.status == whole.status)
                #expect(head.body.readableBytes == 0 && whole.body.readableBytes > 0)
                #expect(head.headers[.contentType] == whole.headers[.contentType])
            }
        }
    }

    @Test func aFileThatIsMadeWhileItIsSentIsNotMadeForItsHead() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let batch = UUID()
            try await site.analysis(of: ada.user.id, batch: batch)
            for path in [
                "/analyses.csv", "/batches/\(batch.lower).csv", "/batches/\(batch.lower).zip", "/operations/audit.csv",
                "/account/export.zip",
            ] {
                let head = try await ada.ask(path, .head)
                #expect(head.status == .methodNotAllowed && head.headers[.allow] == "GET", "\(path)")
                #expect(try await ada.ask(path, .delete).headers[.allow] == "GET", "\(path)")
            }
            let told = try await site.database.first("SELECT count(*) FROM audit_log WHERE event = 'data_exported'")
            #expect(try told?.decode(Int.self) == 0)
            #expect(try await ada.get("/account/export.zip").status == .ok)
        }
    }

    @Test func aPageOfAnotherVersionGetsItsStyleAndScripts() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            for name in ["style", "live"] {
                let ending = name == "style" ? "css" : "js"
                let address = try Regex("/static/\(name)\\.[0-9a-f]{12}\\.\(ending)", as: Substring.self)
                let present = try #require(try await ada.get("/analyses").text.firstMatch(of: address)?.output)
                let own = try await ada.get(String(present))
                let other = try await ada.get("/static/\(name).000000000000.\(ending)")
                #expect(own.headers[.cacheControl]?.contains("immutable") == true)
                #expect(other.status == .ok && other.headers[.cacheControl] == "no-cache")
                #expect(other.text == own.text && other.headers[.contentType] == own.headers[.contentType])
            }
            for name in ["none.000000000000.css", "style.0000.css", "style..css", "style.css", "000000000000.css"] {
                #expect(try await ada.get("/static/\(name)").status == .notFound, "\(name)")
            }
        }
    }

    @Test func theSitesFilesArePackedForWhoeverTakesThem() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let address = try Regex("/static/style\\.[0-9a-f]{12}\\.css", as: Substring.self)
            let style = String(try #require(try await ada.get("/analyses").text.firstMatch(of: address)?.output))
            let plain = try await ada.get(style)
            #expect(plain.headers[.contentEncoding] == nil && plain.headers[.vary] == "Accept-Encoding")
            for encodings in ["gzip", "br, GZIP;q=0.8", "deflate,gzip"] {
                let packed = try await ada.get(style, [.acceptEncoding: encodings])
                #expect(packed.headers[.contentEncoding] == "gzip", "\(encodings)")
                #expect(packed.headers[.vary] == "Accept-Encoding")
                #expect(packed.bytes.starts(with: [0x1F, 0x8B]) && packed.bytes.count < plain.bytes.count / 3)
            }
            for encodings in ["", "br", "gzip;q=0", "gzip; q=0.000", "gzipped", "identity"] {
                let answer = try await ada.get(style, [.acceptEncoding: encodings])
                #expect(answer.headers[.contentEncoding] == nil && answer.text == plain.text, "\(encodings)")
            }
            let icon = try await ada.get("/apple-touch-icon.png", [.acceptEncoding: "gzip"])
            #expect(icon.headers[.contentEncoding] == nil && icon.headers[.vary] == nil)
        }
    }

    @Test func livenessDependsOnNothing() async throws {
        try await Site.run { site in
            try await site.database.execute("ALTER TABLE api_tokens RENAME TO hidden")
            try await site.database.execute("ALTER TABLE sessions RENAME TO hidden_too")
            for headers: HTTPFields in [
                [:], [.authorization: "Bearer mien_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
                [.cookie: "mien_session=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
            ] {
                let answer = try await site.client.executeRequest(
                    uri: "/health/live", method: .get, headers: headers, body: nil)
                #expect(answer.status == .ok)
            }
        }
    }

    @Test func aRequestThatNamesTwoHostsIsRefused() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let host = HTTPField.Name("Host")!
            let answer = try await ada.get("/home", [host: "localhost", host: "other.example.org"])
            #expect(answer.status == .badRequest && answer.text.contains("names two hosts"))
        }
    }

    @Test func aSearchFormsPlusIsASpace() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            try await site.analysis(of: ada.user.id, about: AnalysisInformation(title: "A day out"))
            #expect(try await ada.get("/analyses?q=day+out").text.contains("A day out"))
            #expect(try await ada.get("/analyses?q=day+in").text.contains("A day out") == false)
        }
    }

    @Test func whoIsNotLoggedInIsToldSoInOneWay() async throws {
        try await Site.run { site in
            for path in ["/analyses", "/analyses/selected"] {
                let answer = try await site.client.executeRequest(
                    uri: path, method: .post,
                    headers: [.accept: "application/json", .contentType: "multipart/form-data; boundary=b"],
                    body: ByteBuffer(string: "--b--\r\n"))
                #expect(answer.status == .unauthorized)
                #expect(answer.text.contains("\"code\":\"login_needed\""))
            }
        }
    }

    @Test func anAnswerThatSaysSoEndsItsConnection() throws {
        for closes in [true, false] {
            let channel = EmbeddedChannel(handler: ClosingHandler(linger: .milliseconds(200)))
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
            try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .continue)))
            let head = HTTPResponse(status: .contentTooLarge, headerFields: closes ? [.connection: "close"] : [:])
            try channel.writeOutbound(HTTPResponsePart.head(head))
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(channel.isActive, "not before the answer is complete")
            try channel.writeOutbound(HTTPResponsePart.end(nil))
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
            #expect(channel.isActive, "who still sends has a moment to read the answer")
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(200))
            #expect(channel.isActive == !closes)
        }
    }

    /// A connection as the server sees it, at whose other end somebody is slow.
    private func slowConnection() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: SlowRequestHandler(patience: .seconds(60)))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
        return channel
    }

    @Test func anAnswerThatIsStillReadIsNotCutByTheWaitForTheNextRequest() throws {
        let channel = try slowConnection()
        try channel.writeInbound(Self.head)
        try channel.writeInbound(HTTPRequestPart.end(nil))
        try answer(channel)
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
        channel.embeddedEventLoop.advanceTime(by: .seconds(300))
        #expect(channel.isActive)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    private static let head = HTTPRequestPart.head(
        HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/"))

    private func answer(_ channel: EmbeddedChannel) throws {
        try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .unauthorized)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
    }

    @Test func aBodyThatNobodyReadsHoldsItsConnectionForAMinuteAtMost() throws {
        let channel = try slowConnection()
        try channel.writeInbound(Self.head)
        try answer(channel)
        for _ in 0..<5 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(11))
            try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "x")))
        }
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(6))
        #expect(!channel.isActive)
    }

    @Test func aConnectionOnWhichNoHeadComesIsClosed() throws {
        let silent = try slowConnection()
        silent.embeddedEventLoop.advanceTime(by: .seconds(61))
        #expect(!silent.isActive)
        let kept = try slowConnection()
        for _ in 0..<3 {
            kept.embeddedEventLoop.advanceTime(by: .seconds(59))
            try kept.writeInbound(Self.head)
            try kept.writeInbound(HTTPRequestPart.end(nil))
            try answer(kept)
        }
        #expect(kept.isActive)
        kept.embeddedEventLoop.advanceTime(by: .seconds(61))
        #expect(!kept.isActive)
    }

    @Test func aRequestMayTakeItsTime() throws {
        let channel = try slowConnection()
        try channel.writeInbound(Self.head)
        channel.embeddedEventLoop.advanceTime(by: .seconds(300))
        // The next one came before the first was answered, which is read for as long as its reader says.
        try channel.writeInbound(HTTPRequestPart.end(nil))
        try channel.writeInbound(Self.head)
        try answer(channel)
        channel.embeddedEventLoop.advanceTime(by: .seconds(300))
        #expect(channel.isActive)
    }
}

extension Person {
    func ask(_ path: String, _ method: HTTPRequest.Method) async throws -> TestResponse {
        try await site.client.executeRequest(uri: path, method: method, headers: [.cookie: cookie], body: nil)
    }
}
