import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Sharing

/// Somebody without an account, in a browser of their own.
final class Visitor {
    let site: Site
    var cookies: [String: String] = [:]
    /// Below which a cookie is sent, where it is not everywhere.
    private var paths: [String: String] = [:]
    /// The last answer's cookies as they came.
    var sent: [String] = []

    init(_ site: Site) {
        self.site = site
    }

    @discardableResult
    func get(
        _ path: String, _ headers: HTTPFields = [:], method: HTTPRequest.Method = .get
    ) async throws -> TestResponse {
        try await send(path, method, nil, headers)
    }

    /// Posts a form with the token of the page at its address.
    func post(_ path: String, _ fields: [String: String], _ headers: HTTPFields = [:]) async throws -> TestResponse {
        let html = try await get(path).text
        let token = html.firstMatch(of: /name="csrf_token" value="([^"]*)"/).map { String($0.1) } ?? ""
        let body = fields.merging(["csrf_token": token]) { given, _ in given }
            .map { "\($0.addingPercentEncoding())=\($1.addingPercentEncoding())" }.joined(separator: "&")
        return try await send(path, .post, body, headers)
    }

    private func send(
        _ path: String, _ method: HTTPRequest.Method, _ body: String?, _ extra: HTTPFields
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.accept: "text/html"]
        let fitting = cookies.filter { isSent($0.key, to: path) }
        if !fitting.isEmpty { headers[.cookie] = fitting.map { "\($0)=\($1)" }.joined(separator: "; ") }
        if body != nil { headers[.contentType] = "application/x-www-form-urlencoded" }
        for field in extra { headers[field.name] = field.value }
        let answer = try await site.client.executeRequest(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        sent = answer.headers[values: .setCookie]
        for cookie in sent {
            let parts = cookie.split(separator: ";")[0].split(separator: "=", maxSplits: 1)
            cookies[String(parts[0])] = String(parts[1])
            paths[String(parts[0])] = cookie.firstMatch(of: /; *Path=([^;]*)/).map { String($0.1) }
        }
        return answer
    }

    /// Whether a browser sends a cookie there (RFC 6265, 5.1.4).
    private func isSent(_ name: String, to address: String) -> Bool {
        let asked = address.prefix { $0 != "?" && $0 != "#" }
        guard let path = paths[name], path != asked else { return true }
        return asked.hasPrefix(path.hasSuffix("/") ? path : path + "/")
    }
}

extension Person {
    /// Makes a link on the page of what is shared; returns its path.
    func share(_ path: String, _ fields: [(String, String)] = []) async throws -> String {
        let answer = try await post("\(path)/shares", fields)
        #expect(answer.status == .ok)
        let link = answer.text.firstMatch(of: /<code class="copied">[^<]*(\/s\/[A-Za-z0-9_-]{43})<\/code>/)
        return try #require(link.map { String($0.1) })
    }
}
