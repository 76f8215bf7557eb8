import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reports

/// What a request of the API says besides its body, read strictly.
struct APIRequest {
    let request: Request
    let context: GatewayContext

    /// The account that asks.
    var user: User {
        get throws {
            guard let user = context.user else { throw RequestFailure.loginNeeded }
            return user
        }
    }

    /// The administrator who asks. To everybody else there is nothing.
    var administrator: User {
        get throws {
            let user = try user
            guard user.isAdmin else { throw RequestFailure.hidden }
            return user
        }
    }

    /// The id that the path names. What is no id names nothing.
    var id: UUID {
        get throws {
            guard let id = context.parameters.get("id", as: UUID.self) else { throw RequestFailure.notFound }
            return id
        }
    }

    /// - Throws: `RequestFailure` when the query has a field that is not among these, or one twice.
    func checkQuery(_ known: [String]) throws {
        var problems: [String: String] = [:]
        for name in request.query.names where !known.contains(name) {
            let all = known.isEmpty ? "none" : known.joined(separator: ", ")
            problems[String(name.prefix(60))] = "This is not known; there are: \(all)."
        }
        for name in known where request.query.names.count(where: { $0 == name }) > 1 {
            problems[name] = "It was sent more than once."
        }
        guard problems.isEmpty else { throw RequestFailure.badQuery(problems) }
    }

    /// Whether the query says `true` to something; without it, `false`.
    func flag(_ name: String) throws -> Bool {
        switch request.query[name] {
        case nil, "false": return false
        case "true": return true
        default: throw RequestFailure.badQuery([name: "It takes true or false."])
        }
    }

    /// How many items of a list are asked for, 1…100.
    var limit: Int {
        get throws {
            guard let text = request.query["limit"] else { return 50 }
            guard let limit = Int(text), (1...100).contains(limit) else {
                throw RequestFailure.badQuery(["limit": "It takes a whole number from 1 to 100."])
            }
            return limit
        }
    }

    /// - Throws: `RequestFailure` when `wait` is no number of seconds.
    func checkWait() throws {
        guard let text = request.query["wait"] else { return }
        guard Int(text).map({ (0...3_600).contains($0) }) == true else {
            throw RequestFailure.badQuery(["wait": "It takes a whole number of seconds from 0 to 3600."])
        }
    }

    /// Where a list goes on; nil for its beginning.
    var cursor: ListCursor? {
        get throws {
            guard let text = request.query["cursor"] else { return nil }
            guard let cursor = ListCursor(text: text) else {
                throw RequestFailure.badQuery(["cursor": "It takes what a list answered as “next”."])
            }
            return cursor
        }
    }

    /// `Prefer: wait=SECONDS` (RFC 7240, 4.3): how long the answer may take, in seconds; nil when nothing was preferred.
    var preferredWait: Int? {
        let preferences = (request.headers[HTTPField.Name("Prefer")!] ?? "").split(separator: ",")
        for preference in preferences {
            let parts = preference.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            // The value may be quoted, and parameters may follow it (RFC 7240, 2).
            if parts.count == 2, parts[0].lowercased() == "wait",
                let seconds = Int(parts[1].prefix { $0 != ";" }.trimmingCharacters(in: Self.quotes)), seconds > 0
            {
                return min(seconds, AnalysisRoutes.maxWait)
            }
        }
        return nil
    }

    private static let quotes = CharacterSet(charactersIn: "\" \t")

    /// The key under which the request may be sent again, nil without one (draft-ietf-httpapi-idempotency-key-header-07:
    /// a quoted string; a bare one is taken as well).
    var idempotencyKey: String? {
        get throws {
            guard let field = request.headers[HTTPField.Name("Idempotency-Key")!] else { return nil }
            let isQuoted = field.count >= 2 && field.hasPrefix("\"") && field.hasSuffix("\"")
            let key = isQuoted ? String(field.dropFirst().dropLast()) : field
            guard (1...IdempotentRequest.maxKeyLength).contains(key.utf8.count),
                key.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
            else { throw RequestFailure.badKey }
            return key
        }
    }

    /// The fields of a small JSON body.
    ///
    /// - Parameter pace: how long it may take.
    func json(within pace: BodyPace = .small) async throws -> JSONFields {
        guard contentType == "application/json" else { throw RequestFailure.unsupportedMedia("application/json") }
        let body = try await request.smallBody(within: pace, incomplete: .badJSON)
        return try JSONFields(Data(body.readableBytesView))
    }

    /// The body's media type without parameters, in lower case.
    var contentType: String {
        let type = request.headers[.contentType] ?? ""
        return type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }
}

/// Answers of the API.
enum APIAnswer {
    /// A JSON document; times in RFC 3339.
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        let encoder = JSONEncoder.documents
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        if headers[.cacheControl] == nil { headers[.cacheControl] = "private, no-store" }
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }
}
