import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// A browser without a window: keeps cookies, reads the CSRF token out of the page, follows no redirect by itself.
actor Visitor {
    private var base: String
    private var cookies: [String: String] = [:]
    /// What it registers with.
    nonisolated let email = "\(UUID().uuidString.lowercased())@example.org"

    init(_ base: String) {
        self.base = base
    }

    /// Goes on at another gateway with the same cookies, as a load balancer may lead a browser.
    func move(to base: String) {
        self.base = base
    }

    struct Answer: Sendable {
        let status: UInt
        let headers: HTTPHeaders
        let body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
        var location: String? { headers.first(name: "location") }

        func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(type, from: Data(body))
        }
    }

    /// What the tests read of an analysis.
    struct Analysis: Decodable, Sendable {
        struct Face: Decodable, Sendable {
            let box: [String: Double]
            let emotion: String
            let confidence: Double
            let probabilities: [String: Double]
        }
        struct Failure: Decodable, Sendable {
            let code: String
            let message: String
        }
        let id: String
        let status: String
        let title: String
        let attempts: Int
        let faces: [Face]
        let model: [String: String]?
        let timings_ms: [String: Double]
        let error: Failure?
        var isTerminal: Bool { ["finished", "failed", "cancelled"].contains(status) }
    }

    func send(
        _ method: HTTPMethod, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        timeout: TimeAmount = .seconds(40)
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if !cookies.isEmpty {
            request.headers.add(name: "cookie", value: cookies.map { "\($0)=\($1)" }.joined(separator: "; "))
        }
        if let body { request.body = .bytes(body) }
        // Its own client: redirects are looked at, not followed.
        let response = try await Self.client.execute(request, timeout: timeout)
        let bytes = try await response.body.collect(upTo: 32 << 20)
        for cookie in response.headers["set-cookie"] {
            let pair = cookie.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { cookies[String(pair[0])] = pair[1].isEmpty ? nil : String(pair[1]) }
        }
        return Answer(status: response.status.code, headers: response.headers, body: Array(bytes.readableBytesView))
    }

    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    func csrf(on path: String) async throws -> String {
        let page = try await send(.GET, path).text
        let match = try #require(page.firstMatch(of: /name="csrf_token"\s+value="([^"]+)"/), "no CSRF token on \(path)")
        return String(match.1)
    }

    func postForm(_ path: String, page: String? = nil, _ fields: [String: String]) async throws -> Answer {
        var fields = fields
        fields["csrf_token"] = try await csrf(on: page ?? path)
        let body = fields.map { key, value in
            "\(key)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }.joined(separator: "&")
        return try await send(
            .POST, path, headers: [("content-type", "application/x-www-form-urlencoded")], body: Array(body.utf8))
    }

    /// Comes back with the cookies of an earlier visit.
    func keep(_ cookies: [String: String]) {
        self.cookies = cookies
    }

    /// Makes an account and is signed in after it.
    func register(_ name: String = "Ada") async throws {
        let answer = try await postForm(
            "/register", ["name": name, "email": email, "password": "correct horse battery"])
        #expect(answer.status == 303, "\(answer.text.prefix(500))")
    }

    /// Sends photos in one form, as a browser does.
    func upload(_ photos: [(name: String, bytes: [UInt8])], title: String = "A photo", json: Bool = false) async throws
        -> Answer
    {
        let boundary = "----mien\(UUID().uuidString)"
        var body: [UInt8] = []
        for (name, value) in [("csrf_token", try await csrf(on: "/analyses/new")), ("title", title)] {
            body += Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
        }
        for photo in photos {
            let head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"\(photo.name)\"\r\n"
            body += Array("\(head)Content-Type: image/jpeg\r\n\r\n".utf8) + photo.bytes + Array("\r\n".utf8)
        }
        body += Array("--\(boundary)--\r\n".utf8)
        return try await send(
            .POST, "/analyses",
            headers: [
                ("content-type", "multipart/form-data; boundary=\(boundary)"),
                ("accept", json ? "application/json" : "text/html"),
            ], body: body)
    }

    /// Sends one photo and returns its analysis's id.
    func submit(_ bytes: [UInt8], name: String = "photo.jpg") async throws -> String {
        let answer = try await upload([(name, bytes)])
        #expect(answer.status == 303, "\(answer.status) \(answer.text.prefix(500))")
        return try #require(answer.location?.split(separator: "/").last.map(String.init))
    }

    func analysis(_ id: String) async throws -> Analysis {
        try await send(.GET, "/analyses/\(id).json").decode()
    }

    /// Waits for the end of an analysis by long polls, as the page does.
    func result(_ id: String) async throws -> Analysis {
        var last: Analysis?
        try await eventually("analysis \(id) ended", within: .seconds(150)) {
            guard let answer = try? await self.send(.GET, "/analyses/\(id).json?wait=5"), answer.status == 200 else {
                return false
            }
            last = try answer.decode()
            return last?.isTerminal == true
        }
        return try #require(last)
    }
}
